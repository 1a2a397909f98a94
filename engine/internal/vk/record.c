//go:build cgo

#include "internal.h"

static VkFlags stages(uint32_t scope) {
  return (scope & VG_SCOPE_COMPUTE ? STAGE_COMPUTE : 0) | (scope & VG_SCOPE_TRANSFER ? STAGE_TRANSFER : 0) | (scope & VG_SCOPE_HOST ? STAGE_HOST : 0);
}

static VkFlags writes(uint32_t scope) {
  return (scope & VG_SCOPE_COMPUTE ? ACCESS_SHADER_WRITE : 0) | (scope & VG_SCOPE_TRANSFER ? ACCESS_TRANSFER_WRITE : 0) | (scope & VG_SCOPE_HOST ? ACCESS_HOST_WRITE : 0);
}

static VkFlags reads(uint32_t scope) {
  return (scope & VG_SCOPE_COMPUTE ? ACCESS_SHADER_READ : 0) | (scope & VG_SCOPE_TRANSFER ? ACCESS_TRANSFER_READ : 0) | (scope & VG_SCOPE_HOST ? ACCESS_HOST_READ : 0);
}

int vg_record(vg_dev *d, uint64_t pool, const vg_cmd *cmds, uint32_t n, const uint32_t *push, void **out) {
  VkCommandBuffer cb;
  VkCommandBufferAllocateInfo ai = {ST_COMMAND_BUFFER_ALLOCATE_INFO, NULL, pool, 0, 1};
  VkResult r = d->vkAllocateCommandBuffers(d->h, &ai, &cb);
  if (r) return r;
  VkCommandBufferBeginInfo bi = {ST_COMMAND_BUFFER_BEGIN_INFO};
  r = d->vkBeginCommandBuffer(cb, &bi);
  if (r) return r;
  VkHandle pipeline = 0, layout = 0, set = 0;
  for (uint32_t i = 0; i < n; i++) {
    const vg_cmd *c = &cmds[i];
    switch (c->op) {
    case VG_DISPATCH:
      if (c->h[0] != pipeline) d->vkCmdBindPipeline(cb, BIND_POINT_COMPUTE, pipeline = c->h[0]);
      if (c->h[2] && (c->h[2] != set || c->h[1] != layout)) d->vkCmdBindDescriptorSets(cb, BIND_POINT_COMPUTE, c->h[1], 0, 1, &c->h[2], 0, NULL), set = c->h[2], layout = c->h[1];
      if (c->npush) d->vkCmdPushConstants(cb, c->h[1], SHADER_STAGE_COMPUTE, 0, 4 * c->npush, push + c->push);
      d->vkCmdDispatch(cb, c->x, c->y, c->z);
      break;
    case VG_COPY: {
      VkBufferCopy b = {c->n[0], c->n[1], c->n[2]};
      d->vkCmdCopyBuffer(cb, c->h[0], c->h[1], 1, &b);
      break;
    }
    case VG_FILL:
      d->vkCmdFillBuffer(cb, c->h[0], c->n[0], c->n[1], c->x);
      break;
    case VG_BARRIER: {
      VkMemoryBarrier b = {ST_MEMORY_BARRIER, NULL, writes(c->x), reads(c->y) | writes(c->y)};
      d->vkCmdPipelineBarrier(cb, stages(c->x), stages(c->y), 0, 1, &b, 0, NULL, 0, NULL);
      break;
    }
    case VG_RESET:
      d->vkCmdResetQueryPool(cb, c->h[0], c->x, c->y);
      break;
    case VG_TIMESTAMP:
      d->vkCmdWriteTimestamp(cb, STAGE_BOTTOM, c->h[0], c->x);
      break;
    }
  }
  r = d->vkEndCommandBuffer(cb);
  *out = cb;
  return r;
}

int vg_submit(vg_dev *d, void *cmd, uint64_t fence) {
  VkSubmitInfo si = {ST_SUBMIT_INFO, NULL, 0, NULL, NULL, 1, &cmd, 0, NULL};
  return d->vkQueueSubmit(d->queue, 1, &si, fence);
}

int vg_wait(vg_dev *d, uint64_t fence, uint64_t ns) { return d->vkWaitForFences(d->h, 1, &fence, 1, ns); }
int vg_reset(vg_dev *d, uint64_t fence) { return d->vkResetFences(d->h, 1, &fence); }

int vg_flush(vg_dev *d, uint64_t memory, uint64_t offset, uint64_t size, int invalidate) {
  VkMappedMemoryRange m = {ST_MAPPED_MEMORY_RANGE, NULL, memory, offset, size};
  return invalidate ? d->vkInvalidateMappedMemoryRanges(d->h, 1, &m) : d->vkFlushMappedMemoryRanges(d->h, 1, &m);
}
