// Package vk is the one package that talks to Vulkan. It gives the engine a
// small, typed set of calls (instances and devices, buffers, pipelines,
// descriptor sets, command buffers recorded once and replayed, fences,
// timestamps) and lets no type of the binding out.
//
// The binding github.com/vulkan-go/vulkan serves where it is safe: calls that
// take handles and single structs. Calls that take slices of structs hand C
// memory to the collector while the driver still reads it, so those, and
// everything newer than Vulkan 1.0, go through our own C (shim.h), which
// declares by hand what little of Vulkan it needs: building asks for a C
// compiler and no Vulkan headers.
//
// Needs cgo. Without it the package is empty and the engine has the CPU alone.
package vk
