//go:build cgo

#include "internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
static const char *libs[] = {"vulkan-1.dll"};
#define OPEN(n) ((void *)LoadLibraryA(n))
#define SYM(h, n) ((void *)GetProcAddress((HMODULE)(h), n))
#elif defined(__APPLE__)
#include <dlfcn.h>
static const char *libs[] = {"libvulkan.dylib", "libvulkan.1.dylib", "/usr/local/lib/libvulkan.dylib", "/opt/homebrew/lib/libvulkan.dylib", "libMoltenVK.dylib", "/opt/homebrew/lib/libMoltenVK.dylib"};
#define OPEN(n) dlopen(n, RTLD_NOW | RTLD_LOCAL)
#define SYM dlsym
#else
#include <dlfcn.h>
static const char *libs[] = {"libvulkan.so.1", "libvulkan.so"};
#define OPEN(n) dlopen(n, RTLD_NOW | RTLD_LOCAL)
#define SYM dlsym
#endif

static VkProc(VKCALL *gipa)(VkInstance, const char *);
static struct { VG_GLOBAL_FNS(VG_FIELD) } global;

void *vg_open(void) {
  for (size_t i = 0; !gipa && i < sizeof libs / sizeof *libs; i++) {
    void *h = OPEN(libs[i]);
    if (h) gipa = (VkProc(VKCALL *)(VkInstance, const char *))SYM(h, "vkGetInstanceProcAddr");
  }
  if (!gipa) return NULL;
#define LOAD(name, ret, args) global.name = (ret(VKCALL *) args)gipa(NULL, #name);
  VG_GLOBAL_FNS(LOAD)
#undef LOAD
  return global.vkCreateInstance ? (void *)gipa : NULL;
}

uint32_t vg_loader_version(void) {
  uint32_t v = 0;
  if (global.vkEnumerateInstanceVersion) global.vkEnumerateInstanceVersion(&v);
  return v;
}

void vg_split(const char *s, uint32_t n, const char **out) {
  for (uint32_t i = 0; i < n; i++) {
    out[i] = s;
    s += strlen(s) + 1;
  }
}

// list calls an enumeration twice and gives the names, a line each. Every
// properties struct of these begins with its name.
#define LIST(type, call)                                        \
  {                                                             \
    uint32_t n = 0;                                             \
    type *p = NULL;                                             \
    call;                                                       \
    p = calloc(n + 1, sizeof *p);                               \
    if (p) call;                                                \
    char *s = calloc(n + 1, 256), *e = s;                       \
    for (uint32_t i = 0; s && p && i < n; i++)                  \
      e += sprintf(e, "%.254s\n", p[i].name);                   \
    free(p);                                                    \
    return s;                                                   \
  }

char *vg_names(vg_inst *in, int what, void *pd, const char *layer) {
  if (what == 0) LIST(VkLayerProperties, global.vkEnumerateInstanceLayerProperties(&n, p))
  if (what == 1) LIST(VkExtensionProperties, global.vkEnumerateInstanceExtensionProperties(layer, &n, p))
  LIST(VkExtensionProperties, in->vkEnumerateDeviceExtensionProperties(pd, NULL, &n, p))
}

static void lock(vg_log *l) { while (__atomic_test_and_set(&l->busy, __ATOMIC_ACQUIRE)) {} }
static void unlock(vg_log *l) { __atomic_clear(&l->busy, __ATOMIC_RELEASE); }

static VkBool32 VKCALL on_message(VkFlags severity, VkFlags type, const VkDebugMessage *m, void *user) {
  (void)type;
  vg_log *l = user;
  const char *kind = severity & 0x1000 ? "error" : "warning", *id = m->idName ? m->idName : "", *text = m->message ? m->message : "";
  // What the layer itself can't do on this device is no fault of ours.
  if (!strcmp(id, "UNASSIGNED-GPU-Assisted Validation Warning")) return 0;
  size_t n = strlen(id) + strlen(text) + 16;
  char *s = malloc(n);
  if (s) snprintf(s, n, "%s %s: %s", kind, id, text);
  lock(l);
  int keep = s && l->n < VG_MAX_MESSAGES;
  if (keep) l->text[l->n++] = s;
  else l->dropped++;
  unlock(l);
  if (!keep) free(s);
  return 0;
}

char *vg_messages(vg_inst *in, uint32_t *n, uint32_t *dropped) {
  vg_log *l = &in->log, copy;
  lock(l);
  copy = *l;
  l->n = l->dropped = 0;
  unlock(l);
  size_t size = 1;
  for (uint32_t i = 0; i < copy.n; i++) size += strlen(copy.text[i]) + 1;
  char *s = malloc(size), *e = s;
  for (uint32_t i = 0; i < copy.n; i++) {
    size_t k = strlen(copy.text[i]) + 1;
    if (s) memcpy(e, copy.text[i], k), e += k;
    free(copy.text[i]);
  }
  *n = s ? copy.n : 0;
  *dropped = copy.dropped + (s ? 0 : copy.n);
  return s;
}

int vg_instance_create(const char *app, uint32_t flags, const char *layers, uint32_t nlayers, const char *exts, uint32_t nexts, vg_inst **out) {
  vg_inst *in = calloc(1, sizeof *in);
  const char **names = calloc(nlayers + nexts + 1, sizeof *names);
  if (!in || !names) { free(in); free(names); return VK_ERROR_OUT_OF_HOST_MEMORY; }
  vg_split(layers, nlayers, names);
  vg_split(exts, nexts, names + nlayers);
  // Warnings and errors of validation and performance; what the loader says of
  // other people's drivers is no concern of ours.
  VkDebugMessengerCreateInfo mi = {ST_DEBUG_MESSENGER_CREATE_INFO, NULL, 0, 0x1100, 2 | 4, on_message, &in->log};
  uint32_t enable[3], n = 0;
  if (flags & VG_SYNC) enable[n++] = 4;
  if (flags & VG_GPU_ASSISTED) enable[n++] = 0, enable[n++] = 1;
  VkValidationFeatures vf = {ST_VALIDATION_FEATURES, &mi, n, enable, 0, NULL};
  // Version 1.3 is what we know, not what we need: a 1.1 driver is served.
  VkApplicationInfo ai = {ST_APPLICATION_INFO, NULL, app, 1, "vulgo", 1, 1u << 22 | 3u << 12};
  VkInstanceCreateInfo ci = {ST_INSTANCE_CREATE_INFO, NULL, flags & VG_PORTABILITY ? INSTANCE_ENUMERATE_PORTABILITY : 0, &ai, nlayers, names, nexts, names + nlayers};
  if (flags & VG_MESSAGES) ci.pNext = n ? (void *)&vf : (void *)&mi;
  VkResult r = global.vkCreateInstance(&ci, NULL, &in->h);
  free(names);
  if (r) { free(in); return r; }
#define LOAD(name, ret, args) in->name = (ret(VKCALL *) args)gipa(in->h, #name);
  VG_INSTANCE_FNS(LOAD)
#undef LOAD
  if (flags & VG_MESSAGES && in->vkCreateDebugUtilsMessengerEXT) r = in->vkCreateDebugUtilsMessengerEXT(in->h, &mi, NULL, &in->messenger);
  if (r) { in->vkDestroyInstance(in->h, NULL); free(in); return r; }
  *out = in;
  return 0;
}

void *vg_instance_handle(vg_inst *in) { return in->h; }

void vg_instance_destroy(vg_inst *in) {
  if (in->messenger) in->vkDestroyDebugUtilsMessengerEXT(in->h, in->messenger, NULL);
  in->vkDestroyInstance(in->h, NULL);
  for (uint32_t i = 0; i < in->log.n; i++) free(in->log.text[i]);
  free(in);
}
