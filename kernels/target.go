package kernels

// Target is what a lowering may know of a device: limits and features, no
// handle. Tests make Targets that pretend to be smaller devices.
type Target struct {
	Kind Kind
	Name string
	// Software is a Vulkan device that runs on the CPU: subgroup-shaped kernels
	// win there, tile-shaped ones elsewhere.
	Software bool

	SubgroupSize       int // lanes; 0 where unknown
	SubgroupArithmetic bool
	SubgroupShuffle    bool
	Float16            bool // arithmetic in float16

	MaxInvocations    int    // a workgroup
	MaxWorkgroup      [3]int // a workgroup, by dimension
	MaxGroups         [3]int // a dispatch, by dimension
	SharedMemory      int    // bytes a workgroup
	MaxStorageRange   int    // bytes a storage binding
	MaxTexels         int    // texels a texel binding
	MaxPush           int    // bytes
	MaxStorageBuffers int    // a stage
	MaxAlloc          int    // bytes one allocation may have
	MaxLoop           int    // iterations an invocation can be trusted with, all loops summed; 0: any
	Memory            int    // bytes a program may use; 0: unknown
}

// MinimalVulkan is a device with only what Vulkan 1.1 guarantees, and the 8
// storage buffers a stage that this project asks for beyond it.
func MinimalVulkan() *Target {
	return &Target{
		Kind: Vulkan, Name: "minimal",
		SubgroupSize: 1, MaxInvocations: 128, MaxWorkgroup: [3]int{128, 128, 64},
		MaxGroups: [3]int{65535, 65535, 65535}, SharedMemory: 16 << 10,
		MaxStorageRange: 128 << 20, MaxTexels: 65536, MaxPush: 128,
		MaxStorageBuffers: 8, MaxAlloc: 1 << 30, MaxLoop: 65535,
	}
}

// CPUTarget is the pure-Go device.
func CPUTarget() *Target { return &Target{Kind: CPU, Name: "cpu"} }
