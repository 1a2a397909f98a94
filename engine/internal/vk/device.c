//go:build cgo

#include "internal.h"
#include <stdlib.h>
#include <string.h>

int vg_device_create(vg_inst *in, void *pd, uint32_t family, uint32_t has, const uint32_t *core, const vg_features *on, const char *exts, uint32_t nexts, vg_dev **out) {
  vg_dev *d = calloc(1, sizeof *d);
  const char **names = calloc(nexts + 1, sizeof *names);
  if (!d || !names) { free(d); free(names); return VK_ERROR_OUT_OF_HOST_MEMORY; }
  vg_split(exts, nexts, names);
  Vk16BitStorageFeatures f16 = {ST_16BIT_STORAGE_FEATURES, NULL, on->storage16};
  VkFeatures2 f = {ST_FEATURES_2, &f16};
  VkFloat16Int8Features fi = {ST_FLOAT16_INT8_FEATURES, NULL, on->float16, on->int8};
  Vk8BitStorageFeatures f8 = {ST_8BIT_STORAGE_FEATURES, NULL, on->storage8};
  VkTimelineSemaphoreFeatures ts = {ST_TIMELINE_SEMAPHORE_FEATURES, NULL, on->timeline};
  VkSubgroupSizeFeatures sf = {ST_SUBGROUP_SIZE_FEATURES, NULL, on->subgroup_size, on->full_subgroups};
#define CHAIN(bit, s) if (has & (bit)) (s).pNext = f.pNext, f.pNext = &(s)
  CHAIN(VG_HAS_FLOAT16_INT8, fi);
  CHAIN(VG_HAS_8BIT, f8);
  CHAIN(VG_HAS_TIMELINE, ts);
  CHAIN(VG_HAS_SUBGROUP_SIZE, sf);
  memcpy(f.core, core, sizeof f.core);
  float priority = 1;
  VkDeviceQueueCreateInfo qi = {ST_DEVICE_QUEUE_CREATE_INFO, NULL, 0, family, 1, &priority};
  VkDeviceCreateInfo ci = {ST_DEVICE_CREATE_INFO, &f, 0, 1, &qi, 0, NULL, nexts, names, NULL};
  VkResult r = in->vkCreateDevice(pd, &ci, NULL, &d->h);
  free(names);
  if (r) { free(d); return r; }
  d->in = in;
#define LOAD(name, ret, args) d->name = (ret(VKCALL *) args)in->vkGetDeviceProcAddr(d->h, #name);
  VG_DEVICE_FNS(LOAD)
#undef LOAD
  *out = d;
  return 0;
}

void *vg_device_handle(vg_dev *d) { return d->h; }
void vg_device_queue(vg_dev *d, void *queue) { d->queue = queue; }

void vg_device_destroy(vg_dev *d) {
  d->vkDestroyDevice(d->h, NULL);
  free(d);
}

uint32_t vg_now(vg_dev *d, void *pd, uint64_t *out) {
  uint32_t domains[16], n = 16, device = 0;
  if (!d->vkGetCalibratedTimestampsEXT || !d->in->vkGetPhysicalDeviceCalibrateableTimeDomainsEXT) return 0;
  if (d->in->vkGetPhysicalDeviceCalibrateableTimeDomainsEXT(pd, &n, domains) < 0) return 0;
  for (uint32_t i = 0; i < n; i++) device |= domains[i] == TIME_DOMAIN_DEVICE;
  VkCalibratedTimestampInfo info = {ST_CALIBRATED_TIMESTAMP, NULL, TIME_DOMAIN_DEVICE};
  uint64_t deviation;
  return device && d->vkGetCalibratedTimestampsEXT(d->h, 1, &info, out, &deviation) == 0;
}

int vg_layout(vg_dev *d, uint32_t n, const uint32_t *types, uint32_t push, uint64_t *set, uint64_t *pipeline) {
  VkSetLayoutBinding *b = calloc(n + 1, sizeof *b);
  if (!b) return VK_ERROR_OUT_OF_HOST_MEMORY;
  for (uint32_t i = 0; i < n; i++) b[i] = (VkSetLayoutBinding){i, types[i], 1, SHADER_STAGE_COMPUTE, NULL};
  VkSetLayoutCreateInfo si = {ST_SET_LAYOUT_CREATE_INFO, NULL, 0, n, b};
  VkResult r = d->vkCreateDescriptorSetLayout(d->h, &si, NULL, set);
  free(b);
  if (r) return r;
  VkPushConstantRange range = {SHADER_STAGE_COMPUTE, 0, push};
  VkPipelineLayoutCreateInfo pi = {ST_PIPELINE_LAYOUT_CREATE_INFO, NULL, 0, 1, set, push ? 1 : 0, &range};
  r = d->vkCreatePipelineLayout(d->h, &pi, NULL, pipeline);
  if (r) d->vkDestroyDescriptorSetLayout(d->h, *set, NULL);
  return r;
}

int vg_pipeline(vg_dev *d, uint64_t cache, uint64_t layout, const uint32_t *code, uint32_t words, const char *entry, const uint32_t *spec, uint32_t nspec, uint32_t subgroup, uint32_t full, const char *name, uint64_t *out) {
  VkHandle module;
  VkShaderModuleCreateInfo mi = {ST_SHADER_MODULE_CREATE_INFO, NULL, 0, (size_t)words * 4, code};
  VkResult r = d->vkCreateShaderModule(d->h, &mi, NULL, &module);
  if (r) return r;
  VkSpecializationMapEntry *e = calloc(nspec + 1, sizeof *e);
  if (!e) { d->vkDestroyShaderModule(d->h, module, NULL); return VK_ERROR_OUT_OF_HOST_MEMORY; }
  for (uint32_t i = 0; i < nspec; i++) e[i] = (VkSpecializationMapEntry){i, 4 * i, 4};
  VkSpecializationInfo si = {nspec, e, (size_t)nspec * 4, spec};
  VkRequiredSubgroupSize size = {ST_REQUIRED_SUBGROUP_SIZE, NULL, subgroup};
  VkComputePipelineCreateInfo ci = {ST_COMPUTE_PIPELINE_CREATE_INFO, NULL, 0,
    {ST_SHADER_STAGE_CREATE_INFO, subgroup ? &size : NULL, full ? PIPELINE_STAGE_REQUIRE_FULL_SUBGROUPS : 0, SHADER_STAGE_COMPUTE, module, entry, nspec ? &si : NULL}, layout, 0, -1};
  r = d->vkCreateComputePipelines(d->h, cache, 1, &ci, NULL, out);
  d->vkDestroyShaderModule(d->h, module, NULL);
  free(e);
  // The name shows in validation messages and captures; no harm where it fails.
  if (!r && *name && d->in->messenger && d->in->vkSetDebugUtilsObjectNameEXT) {
    VkDebugObjectName on = {ST_DEBUG_OBJECT_NAME, NULL, OBJECT_TYPE_PIPELINE, *out, name};
    d->in->vkSetDebugUtilsObjectNameEXT(d->h, &on);
  }
  return r;
}

int vg_sets(vg_dev *d, uint32_t buffers, uint32_t texels, uint32_t n, const uint64_t *layouts, uint64_t *pool, uint64_t *sets) {
  VkDescriptorPoolSize size[2];
  uint32_t k = 0;
  if (buffers) size[k++] = (VkDescriptorPoolSize){DESCRIPTOR_STORAGE_BUFFER, buffers};
  if (texels) size[k++] = (VkDescriptorPoolSize){DESCRIPTOR_UNIFORM_TEXEL, texels};
  if (!k) size[k++] = (VkDescriptorPoolSize){DESCRIPTOR_STORAGE_BUFFER, 1};
  VkDescriptorPoolCreateInfo ci = {ST_DESCRIPTOR_POOL_CREATE_INFO, NULL, 0, n, k, size};
  VkResult r = d->vkCreateDescriptorPool(d->h, &ci, NULL, pool);
  if (r) return r;
  VkDescriptorSetAllocateInfo ai = {ST_DESCRIPTOR_SET_ALLOCATE_INFO, NULL, *pool, n, layouts};
  r = d->vkAllocateDescriptorSets(d->h, &ai, sets);
  if (r) d->vkDestroyDescriptorPool(d->h, *pool, NULL);
  return r;
}

void vg_sets_write(vg_dev *d, uint32_t n, const vg_write *w) {
  VkWriteDescriptorSet out[64];
  VkDescriptorBufferInfo info[64];
  for (uint32_t done = 0; done < n;) {
    uint32_t k = 0;
    for (; k < 64 && done < n; k++, done++) {
      const vg_write *s = &w[done];
      info[k] = (VkDescriptorBufferInfo){s->buffer, s->offset, s->range};
      out[k] = (VkWriteDescriptorSet){ST_WRITE_DESCRIPTOR_SET, NULL, s->set, s->binding, 0, 1, s->view ? DESCRIPTOR_UNIFORM_TEXEL : DESCRIPTOR_STORAGE_BUFFER, NULL, s->view ? NULL : &info[k], s->view ? &s->view : NULL};
    }
    d->vkUpdateDescriptorSets(d->h, k, out, 0, NULL);
  }
}
