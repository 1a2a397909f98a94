//go:build cgo

#include "internal.h"
#include <string.h>

// family is the queue family to use: one that computes and does no graphics
// (so that a desktop's drawing doesn't wait for us), else any that computes.
static int32_t family(vg_inst *in, void *pd, uint32_t *bits) {
  VkQueueFamilyProperties q[64];
  uint32_t n = 64;
  in->vkGetPhysicalDeviceQueueFamilyProperties(pd, &n, q);
  int32_t best = -1;
  for (uint32_t i = 0; i < n; i++) {
    if (!(q[i].flags & 2) || !q[i].count) continue;
    if (best < 0 || (q[best].flags & 1 && !(q[i].flags & 1))) best = (int32_t)i;
  }
  *bits = best < 0 ? 0 : q[best].timestampBits;
  return best;
}

void vg_info_get(vg_inst *in, void *pd, uint32_t has, vg_info *out) {
  VkSubgroupProperties sg = {ST_SUBGROUP_PROPERTIES};
  VkIDProperties id = {ST_ID_PROPERTIES, &sg};
  VkMaintenance3Properties m3 = {ST_MAINTENANCE_3_PROPERTIES, &id};
  VkProperties2 p = {ST_PROPERTIES_2, &m3};
  VkDriverProperties dr = {ST_DRIVER_PROPERTIES};
  VkSubgroupSizeProperties ss = {ST_SUBGROUP_SIZE_PROPERTIES};
  VkMaintenance4Properties m4 = {ST_MAINTENANCE_4_PROPERTIES};
#define CHAIN(list, bit, s) if (has & (bit)) (s).pNext = (list).pNext, (list).pNext = &(s)
  CHAIN(p, VG_HAS_DRIVER, dr);
  CHAIN(p, VG_HAS_SUBGROUP_SIZE, ss);
  CHAIN(p, VG_HAS_MAINTENANCE4, m4);
  in->vkGetPhysicalDeviceProperties2(pd, &p);

  Vk16BitStorageFeatures f16 = {ST_16BIT_STORAGE_FEATURES};
  VkFeatures2 f = {ST_FEATURES_2, &f16};
  VkFloat16Int8Features fi = {ST_FLOAT16_INT8_FEATURES};
  Vk8BitStorageFeatures f8 = {ST_8BIT_STORAGE_FEATURES};
  VkTimelineSemaphoreFeatures ts = {ST_TIMELINE_SEMAPHORE_FEATURES};
  VkSubgroupSizeFeatures sf = {ST_SUBGROUP_SIZE_FEATURES};
  CHAIN(f, VG_HAS_FLOAT16_INT8, fi);
  CHAIN(f, VG_HAS_8BIT, f8);
  CHAIN(f, VG_HAS_TIMELINE, ts);
  CHAIN(f, VG_HAS_SUBGROUP_SIZE, sf);
  in->vkGetPhysicalDeviceFeatures2(pd, &f);

  memset(out, 0, sizeof *out);
  out->subgroup = sg.size, out->subgroup_stages = sg.stages, out->subgroup_ops = sg.ops;
  out->min_subgroup = out->max_subgroup = sg.size;
  if (has & VG_HAS_SUBGROUP_SIZE) out->min_subgroup = ss.min, out->max_subgroup = ss.max;
  out->max_workgroup_subgroups = ss.maxWorkgroupSubgroups, out->required_subgroup_stages = ss.requiredStages;
  out->max_allocation = m3.maxAllocation, out->max_buffer = m4.maxBuffer;
  memcpy(out->device_uuid, id.device, 16);
  memcpy(out->driver_uuid, id.driver, 16);
  out->driver_id = dr.id;
  memcpy(out->driver_name, dr.name, 255);
  memcpy(out->driver_info, dr.info, 255);
  out->family = family(in, pd, &out->timestamp_bits);
  out->features = (vg_features){fi.float16, fi.int8, f16.storage, f8.storage, ts.timeline, sf.control, sf.full};
}

void vg_budget(vg_inst *in, void *pd, uint64_t budget[16], uint64_t usage[16]) {
  VkMemoryBudgetProperties b = {ST_MEMORY_BUDGET_PROPERTIES};
  VkMemoryProperties2 p = {ST_MEMORY_PROPERTIES_2, &b};
  in->vkGetPhysicalDeviceMemoryProperties2(pd, &p);
  memcpy(budget, b.budget, sizeof b.budget);
  memcpy(usage, b.usage, sizeof b.usage);
}
