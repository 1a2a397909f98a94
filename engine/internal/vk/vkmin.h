//go:build cgo

// The part of the Vulkan 1.1 interface that the shim calls, declared by hand
// (and a few later structs), so that no Vulkan headers are needed to build.
// Numbers and layouts are fixed by the Vulkan specification.
#ifndef VULGO_VKMIN_H
#define VULGO_VKMIN_H
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define VKCALL __stdcall
#else
#define VKCALL
#endif

typedef int32_t VkResult;
typedef uint32_t VkFlags, VkBool32;
typedef uint64_t VkHandle; // every non-dispatchable handle
typedef void *VkInstance, *VkPhysicalDevice, *VkDevice, *VkQueue, *VkCommandBuffer;
typedef void (*VkProc)(void);

enum { VK_SUCCESS = 0, VK_TIMEOUT = 2, VK_INCOMPLETE = 5, VK_ERROR_OUT_OF_HOST_MEMORY = -1, VK_ERROR_INITIALIZATION_FAILED = -3 };
#define VK_WHOLE_SIZE (~0ull)

enum {
  ST_APPLICATION_INFO = 0, ST_INSTANCE_CREATE_INFO = 1, ST_DEVICE_QUEUE_CREATE_INFO = 2, ST_DEVICE_CREATE_INFO = 3,
  ST_SUBMIT_INFO = 4, ST_MAPPED_MEMORY_RANGE = 6, ST_SHADER_MODULE_CREATE_INFO = 16, ST_SHADER_STAGE_CREATE_INFO = 18,
  ST_COMPUTE_PIPELINE_CREATE_INFO = 29, ST_PIPELINE_LAYOUT_CREATE_INFO = 30, ST_SET_LAYOUT_CREATE_INFO = 32,
  ST_DESCRIPTOR_POOL_CREATE_INFO = 33, ST_DESCRIPTOR_SET_ALLOCATE_INFO = 34, ST_WRITE_DESCRIPTOR_SET = 35,
  ST_COMMAND_BUFFER_ALLOCATE_INFO = 40, ST_COMMAND_BUFFER_BEGIN_INFO = 42, ST_MEMORY_BARRIER = 46,
  ST_FEATURES_2 = 1000059000, ST_PROPERTIES_2 = 1000059001, ST_MEMORY_PROPERTIES_2 = 1000059006,
  ST_ID_PROPERTIES = 1000071004, ST_FLOAT16_INT8_FEATURES = 1000082000, ST_16BIT_STORAGE_FEATURES = 1000083000,
  ST_SUBGROUP_PROPERTIES = 1000094000, ST_DEBUG_OBJECT_NAME = 1000128000, ST_DEBUG_MESSENGER_CREATE_INFO = 1000128004,
  ST_MAINTENANCE_3_PROPERTIES = 1000168000, ST_8BIT_STORAGE_FEATURES = 1000177000, ST_DRIVER_PROPERTIES = 1000196000,
  ST_TIMELINE_SEMAPHORE_FEATURES = 1000207000, ST_SUBGROUP_SIZE_PROPERTIES = 1000225000,
  ST_REQUIRED_SUBGROUP_SIZE = 1000225001, ST_SUBGROUP_SIZE_FEATURES = 1000225002,
  ST_MEMORY_BUDGET_PROPERTIES = 1000237000, ST_VALIDATION_FEATURES = 1000247000, ST_CALIBRATED_TIMESTAMP = 1000184000, ST_MAINTENANCE_4_PROPERTIES = 1000413001,
};

enum { INSTANCE_ENUMERATE_PORTABILITY = 1 };
enum { STAGE_COMPUTE = 0x800, STAGE_TRANSFER = 0x1000, STAGE_BOTTOM = 0x2000, STAGE_HOST = 0x4000 };
enum {
  ACCESS_SHADER_READ = 0x20, ACCESS_SHADER_WRITE = 0x40, ACCESS_TRANSFER_READ = 0x800, ACCESS_TRANSFER_WRITE = 0x1000,
  ACCESS_HOST_READ = 0x2000, ACCESS_HOST_WRITE = 0x4000,
};
enum { SHADER_STAGE_COMPUTE = 0x20, BIND_POINT_COMPUTE = 1, DESCRIPTOR_UNIFORM_TEXEL = 4, DESCRIPTOR_STORAGE_BUFFER = 7 };
enum { PIPELINE_STAGE_REQUIRE_FULL_SUBGROUPS = 2, OBJECT_TYPE_PIPELINE = 19, TIME_DOMAIN_DEVICE = 0 };

typedef struct { uint32_t sType; const void *pNext; } VkBase;

// Instance and debugging.
typedef struct { uint32_t sType; const void *pNext; const char *app; uint32_t appVersion; const char *engine; uint32_t engineVersion, apiVersion; } VkApplicationInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; const VkApplicationInfo *app; uint32_t nLayers; const char *const *layers; uint32_t nExts; const char *const *exts; } VkInstanceCreateInfo;
typedef struct { char name[256]; uint32_t version; } VkExtensionProperties;
typedef struct { char name[256]; uint32_t spec, version; char description[256]; } VkLayerProperties;
typedef struct { uint32_t sType; const void *pNext; uint32_t nEnabled; const uint32_t *enabled; uint32_t nDisabled; const uint32_t *disabled; } VkValidationFeatures;
typedef struct { uint32_t sType; const void *pNext; uint32_t type; uint64_t handle; const char *name; } VkDebugObjectName;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; const char *idName; int32_t idNumber; const char *message; /* labels and objects follow */ } VkDebugMessage;
typedef VkBool32 (VKCALL *VkDebugCallback)(VkFlags severity, VkFlags type, const VkDebugMessage *, void *user);
typedef struct { uint32_t sType; const void *pNext; VkFlags flags, severity, type; VkDebugCallback callback; void *user; } VkDebugMessengerCreateInfo;

// Physical devices. The Vulkan 1.0 part of the three *2 structs is read
// elsewhere and only has to have room here.
typedef struct { VkFlags flags; uint32_t count, timestampBits, granularity[3]; } VkQueueFamilyProperties;
typedef struct { uint32_t sType; void *pNext; uint64_t core[128]; } VkProperties2;
typedef struct { uint32_t sType; void *pNext; VkBool32 core[55]; } VkFeatures2;
typedef struct { uint32_t sType; void *pNext; uint64_t core[80]; } VkMemoryProperties2;
typedef struct { uint32_t sType; void *pNext; uint32_t size; VkFlags stages, ops; VkBool32 quad; } VkSubgroupProperties;
typedef struct { uint32_t sType; void *pNext; uint32_t min, max, maxWorkgroupSubgroups; VkFlags requiredStages; } VkSubgroupSizeProperties;
typedef struct { uint32_t sType; void *pNext; uint8_t device[16], driver[16], luid[8]; uint32_t nodeMask; VkBool32 luidValid; } VkIDProperties;
typedef struct { uint32_t sType; void *pNext; uint32_t id; char name[256], info[256]; uint8_t conformance[4]; } VkDriverProperties;
typedef struct { uint32_t sType; void *pNext; uint32_t maxPerSet; uint64_t maxAllocation; } VkMaintenance3Properties;
typedef struct { uint32_t sType; void *pNext; uint64_t maxBuffer; } VkMaintenance4Properties;
typedef struct { uint32_t sType; void *pNext; uint64_t budget[16], usage[16]; } VkMemoryBudgetProperties;
typedef struct { uint32_t sType; void *pNext; VkBool32 storage, uniform, push, io; } Vk16BitStorageFeatures;
typedef struct { uint32_t sType; void *pNext; VkBool32 storage, uniform, push; } Vk8BitStorageFeatures;
typedef struct { uint32_t sType; void *pNext; VkBool32 float16, int8; } VkFloat16Int8Features;
typedef struct { uint32_t sType; void *pNext; VkBool32 timeline; } VkTimelineSemaphoreFeatures;
typedef struct { uint32_t sType; void *pNext; VkBool32 control, full; } VkSubgroupSizeFeatures;

// Device, pipelines, descriptors.
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; uint32_t family, count; const float *priorities; } VkDeviceQueueCreateInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; uint32_t nQueues; const VkDeviceQueueCreateInfo *queues; uint32_t nLayers; const char *const *layers; uint32_t nExts; const char *const *exts; const VkBool32 *features; } VkDeviceCreateInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; size_t size; const uint32_t *code; } VkShaderModuleCreateInfo;
typedef struct { uint32_t id, offset; size_t size; } VkSpecializationMapEntry;
typedef struct { uint32_t n; const VkSpecializationMapEntry *entries; size_t size; const void *data; } VkSpecializationInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags, stage; VkHandle module; const char *entry; const VkSpecializationInfo *spec; } VkShaderStageCreateInfo;
typedef struct { uint32_t sType; void *pNext; uint32_t size; } VkRequiredSubgroupSize;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; VkShaderStageCreateInfo stage; VkHandle layout, base; int32_t baseIndex; } VkComputePipelineCreateInfo;
typedef struct { uint32_t binding, type, count; VkFlags stages; const VkHandle *samplers; } VkSetLayoutBinding;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; uint32_t n; const VkSetLayoutBinding *bindings; } VkSetLayoutCreateInfo;
typedef struct { VkFlags stages; uint32_t offset, size; } VkPushConstantRange;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; uint32_t nSets; const VkHandle *sets; uint32_t nPush; const VkPushConstantRange *push; } VkPipelineLayoutCreateInfo;
typedef struct { uint32_t type, count; } VkDescriptorPoolSize;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; uint32_t maxSets, n; const VkDescriptorPoolSize *sizes; } VkDescriptorPoolCreateInfo;
typedef struct { uint32_t sType; const void *pNext; VkHandle pool; uint32_t n; const VkHandle *layouts; } VkDescriptorSetAllocateInfo;
typedef struct { VkHandle buffer; uint64_t offset, range; } VkDescriptorBufferInfo;
typedef struct { uint32_t sType; const void *pNext; VkHandle set; uint32_t binding, element, count, type; const void *image; const VkDescriptorBufferInfo *buffer; const VkHandle *view; } VkWriteDescriptorSet;

// Commands.
typedef struct { uint32_t sType; const void *pNext; VkHandle pool; uint32_t level, count; } VkCommandBufferAllocateInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags flags; const void *inheritance; } VkCommandBufferBeginInfo;
typedef struct { uint32_t sType; const void *pNext; VkFlags src, dst; } VkMemoryBarrier;
typedef struct { uint64_t src, dst, size; } VkBufferCopy;
typedef struct { uint32_t sType; const void *pNext; uint32_t domain; } VkCalibratedTimestampInfo;
typedef struct { uint32_t sType; const void *pNext; uint32_t nWait; const VkHandle *wait; const VkFlags *waitStages; uint32_t n; const VkCommandBuffer *buffers; uint32_t nSignal; const VkHandle *signal; } VkSubmitInfo;
typedef struct { uint32_t sType; const void *pNext; VkHandle memory; uint64_t offset, size; } VkMappedMemoryRange;

// Functions, with their C types; X(name, return type, arguments).
#define VG_GLOBAL_FNS(X) \
  X(vkCreateInstance, VkResult, (const VkInstanceCreateInfo *, const void *, VkInstance *)) \
  X(vkEnumerateInstanceVersion, VkResult, (uint32_t *)) \
  X(vkEnumerateInstanceExtensionProperties, VkResult, (const char *, uint32_t *, VkExtensionProperties *)) \
  X(vkEnumerateInstanceLayerProperties, VkResult, (uint32_t *, VkLayerProperties *))

#define VG_INSTANCE_FNS(X) \
  X(vkDestroyInstance, void, (VkInstance, const void *)) \
  X(vkGetDeviceProcAddr, VkProc, (VkDevice, const char *)) \
  X(vkEnumerateDeviceExtensionProperties, VkResult, (VkPhysicalDevice, const char *, uint32_t *, VkExtensionProperties *)) \
  X(vkGetPhysicalDeviceQueueFamilyProperties, void, (VkPhysicalDevice, uint32_t *, VkQueueFamilyProperties *)) \
  X(vkGetPhysicalDeviceFeatures2, void, (VkPhysicalDevice, VkFeatures2 *)) \
  X(vkGetPhysicalDeviceProperties2, void, (VkPhysicalDevice, VkProperties2 *)) \
  X(vkGetPhysicalDeviceMemoryProperties2, void, (VkPhysicalDevice, VkMemoryProperties2 *)) \
  X(vkCreateDevice, VkResult, (VkPhysicalDevice, const VkDeviceCreateInfo *, const void *, VkDevice *)) \
  X(vkCreateDebugUtilsMessengerEXT, VkResult, (VkInstance, const VkDebugMessengerCreateInfo *, const void *, VkHandle *)) \
  X(vkDestroyDebugUtilsMessengerEXT, void, (VkInstance, VkHandle, const void *)) \
  X(vkSetDebugUtilsObjectNameEXT, VkResult, (VkDevice, const VkDebugObjectName *)) \
  X(vkGetPhysicalDeviceCalibrateableTimeDomainsEXT, VkResult, (VkPhysicalDevice, uint32_t *, uint32_t *))

#define VG_DEVICE_FNS(X) \
  X(vkDestroyDevice, void, (VkDevice, const void *)) \
  X(vkQueueSubmit, VkResult, (VkQueue, uint32_t, const VkSubmitInfo *, VkHandle)) \
  X(vkWaitForFences, VkResult, (VkDevice, uint32_t, const VkHandle *, VkBool32, uint64_t)) \
  X(vkResetFences, VkResult, (VkDevice, uint32_t, const VkHandle *)) \
  X(vkFlushMappedMemoryRanges, VkResult, (VkDevice, uint32_t, const VkMappedMemoryRange *)) \
  X(vkInvalidateMappedMemoryRanges, VkResult, (VkDevice, uint32_t, const VkMappedMemoryRange *)) \
  X(vkCreateShaderModule, VkResult, (VkDevice, const VkShaderModuleCreateInfo *, const void *, VkHandle *)) \
  X(vkDestroyShaderModule, void, (VkDevice, VkHandle, const void *)) \
  X(vkCreateComputePipelines, VkResult, (VkDevice, VkHandle, uint32_t, const VkComputePipelineCreateInfo *, const void *, VkHandle *)) \
  X(vkCreateDescriptorSetLayout, VkResult, (VkDevice, const VkSetLayoutCreateInfo *, const void *, VkHandle *)) \
  X(vkDestroyDescriptorSetLayout, void, (VkDevice, VkHandle, const void *)) \
  X(vkCreatePipelineLayout, VkResult, (VkDevice, const VkPipelineLayoutCreateInfo *, const void *, VkHandle *)) \
  X(vkCreateDescriptorPool, VkResult, (VkDevice, const VkDescriptorPoolCreateInfo *, const void *, VkHandle *)) \
  X(vkDestroyDescriptorPool, void, (VkDevice, VkHandle, const void *)) \
  X(vkAllocateDescriptorSets, VkResult, (VkDevice, const VkDescriptorSetAllocateInfo *, VkHandle *)) \
  X(vkUpdateDescriptorSets, void, (VkDevice, uint32_t, const VkWriteDescriptorSet *, uint32_t, const void *)) \
  X(vkAllocateCommandBuffers, VkResult, (VkDevice, const VkCommandBufferAllocateInfo *, VkCommandBuffer *)) \
  X(vkBeginCommandBuffer, VkResult, (VkCommandBuffer, const VkCommandBufferBeginInfo *)) \
  X(vkEndCommandBuffer, VkResult, (VkCommandBuffer)) \
  X(vkCmdBindPipeline, void, (VkCommandBuffer, uint32_t, VkHandle)) \
  X(vkCmdBindDescriptorSets, void, (VkCommandBuffer, uint32_t, VkHandle, uint32_t, uint32_t, const VkHandle *, uint32_t, const uint32_t *)) \
  X(vkCmdPushConstants, void, (VkCommandBuffer, VkHandle, VkFlags, uint32_t, uint32_t, const void *)) \
  X(vkCmdDispatch, void, (VkCommandBuffer, uint32_t, uint32_t, uint32_t)) \
  X(vkCmdCopyBuffer, void, (VkCommandBuffer, VkHandle, VkHandle, uint32_t, const VkBufferCopy *)) \
  X(vkCmdFillBuffer, void, (VkCommandBuffer, VkHandle, uint64_t, uint64_t, uint32_t)) \
  X(vkCmdPipelineBarrier, void, (VkCommandBuffer, VkFlags, VkFlags, VkFlags, uint32_t, const VkMemoryBarrier *, uint32_t, const void *, uint32_t, const void *)) \
  X(vkCmdResetQueryPool, void, (VkCommandBuffer, VkHandle, uint32_t, uint32_t)) \
  X(vkCmdWriteTimestamp, void, (VkCommandBuffer, uint32_t, VkHandle, uint32_t)) \
  X(vkGetCalibratedTimestampsEXT, VkResult, (VkDevice, uint32_t, const VkCalibratedTimestampInfo *, uint64_t *, uint64_t *))

#define VG_FIELD(name, ret, args) ret(VKCALL *name) args;
#endif
