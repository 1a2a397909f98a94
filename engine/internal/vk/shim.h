//go:build cgo

// What Go calls of the C side: plain integers, opaque pointers, and results
// as VkResult. Pointers to Go memory are read during the call and not kept.
#ifndef VULGO_SHIM_H
#define VULGO_SHIM_H
#include <stdint.h>

typedef struct vg_inst vg_inst;
typedef struct vg_dev vg_dev;

// load.c: the library, instances, messages.
// vg_open loads the Vulkan library and gives vkGetInstanceProcAddr, or NULL.
void *vg_open(void);
// vg_names lists instance layers (what 0), instance extensions (1, of a layer
// where given), or a physical device's extensions (2), as a string with a line
// each, to be freed.
char *vg_names(vg_inst *in, int what, void *pd, const char *layer);
// vg_loader_version is the highest instance version the loader knows; 0: 1.0.
uint32_t vg_loader_version(void);
enum { VG_PORTABILITY = 1, VG_MESSAGES = 2, VG_SYNC = 4, VG_GPU_ASSISTED = 8 };
// Layers and extensions come as strings that each end in zero, one after another.
int vg_instance_create(const char *app, uint32_t flags, const char *layers, uint32_t nlayers, const char *exts, uint32_t nexts, vg_inst **out);
void *vg_instance_handle(vg_inst *);
void vg_instance_destroy(vg_inst *);
// vg_messages gives the messages since the last call, one after another with a
// zero each, to be freed; n is their number, dropped those over the bound.
char *vg_messages(vg_inst *, uint32_t *n, uint32_t *dropped);

// info.c: what Vulkan 1.0 has no call for.
enum { VG_HAS_DRIVER = 1, VG_HAS_SUBGROUP_SIZE = 2, VG_HAS_MAINTENANCE4 = 4, VG_HAS_FLOAT16_INT8 = 8, VG_HAS_8BIT = 16, VG_HAS_TIMELINE = 32 };
typedef struct {
  uint32_t float16, int8, storage16, storage8, timeline, subgroup_size, full_subgroups;
} vg_features;
typedef struct {
  uint32_t subgroup, subgroup_stages, subgroup_ops;
  uint32_t min_subgroup, max_subgroup, max_workgroup_subgroups, required_subgroup_stages;
  uint32_t driver_id;
  uint64_t max_allocation, max_buffer;
  uint8_t device_uuid[16], driver_uuid[16];
  char driver_name[256], driver_info[256];
  int32_t family;
  uint32_t timestamp_bits;
  vg_features features;
} vg_info;
void vg_info_get(vg_inst *, void *pd, uint32_t has, vg_info *out);
void vg_budget(vg_inst *, void *pd, uint64_t budget[16], uint64_t usage[16]);

// device.c: devices, pipelines, descriptors.
enum { VG_CORE_FEATURES = 55 };
int vg_device_create(vg_inst *, void *pd, uint32_t family, uint32_t has, const uint32_t *core, const vg_features *on, const char *exts, uint32_t nexts, vg_dev **out);
void *vg_device_handle(vg_dev *);
void vg_device_queue(vg_dev *, void *queue);
void vg_device_destroy(vg_dev *);
// vg_now reads the counter that timestamps are of; 0 where the device can't say.
uint32_t vg_now(vg_dev *, void *pd, uint64_t *out);
int vg_layout(vg_dev *, uint32_t n, const uint32_t *types, uint32_t push, uint64_t *set, uint64_t *pipeline);
int vg_pipeline(vg_dev *, uint64_t cache, uint64_t layout, const uint32_t *code, uint32_t words, const char *entry, const uint32_t *spec, uint32_t nspec, uint32_t subgroup, uint32_t full, const char *name, uint64_t *out);
int vg_sets(vg_dev *, uint32_t buffers, uint32_t texels, uint32_t n, const uint64_t *layouts, uint64_t *pool, uint64_t *sets);
typedef struct { uint64_t set, buffer, offset, range, view; uint32_t binding, pad; } vg_write; // view 0: a storage buffer
void vg_sets_write(vg_dev *, uint32_t n, const vg_write *);

// record.c: commands, submission, mapped memory.
enum { VG_DISPATCH = 1, VG_COPY, VG_FILL, VG_BARRIER, VG_RESET, VG_TIMESTAMP };
enum { VG_SCOPE_COMPUTE = 1, VG_SCOPE_TRANSFER = 2, VG_SCOPE_HOST = 4 };
typedef struct {
  uint32_t op, x, y, z, push, npush; // dispatch: groups, words of push constants
  uint64_t h[3];                     // dispatch: pipeline, layout, set; copy: source, destination; fill: buffer; queries: pool
  uint64_t n[3];                     // copy: source and destination offsets, bytes; fill: offset, bytes
} vg_cmd;
int vg_record(vg_dev *, uint64_t pool, const vg_cmd *, uint32_t n, const uint32_t *push, void **out);
int vg_submit(vg_dev *, void *cmd, uint64_t fence);
int vg_wait(vg_dev *, uint64_t fence, uint64_t ns);
int vg_reset(vg_dev *, uint64_t fence);
int vg_flush(vg_dev *, uint64_t memory, uint64_t offset, uint64_t size, int invalidate);
#endif
