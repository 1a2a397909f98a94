//go:build cgo

#ifndef VULGO_INTERNAL_H
#define VULGO_INTERNAL_H
#include "shim.h"
#include "vkmin.h"

// A bounded list of messages; callbacks come from any thread.
enum { VG_MAX_MESSAGES = 256 };
typedef struct {
  char busy; // a spin lock: held for one pointer's time
  uint32_t n, dropped;
  char *text[VG_MAX_MESSAGES];
} vg_log;

struct vg_inst {
  VkInstance h;
  VkHandle messenger;
  vg_log log;
  VG_INSTANCE_FNS(VG_FIELD)
};

struct vg_dev {
  VkDevice h;
  VkQueue queue;
  vg_inst *in;
  VG_DEVICE_FNS(VG_FIELD)
};

// vg_split points at the n strings that lie one after another in s.
void vg_split(const char *s, uint32_t n, const char **out);
#endif
