namespace DdmNative.Compute.Cuda.Plans;

/// <summary>A launch that was written down: its kernel's handle, its extents, its arguments.</summary>
internal sealed record RecordedLaunch(nint Function, KernelLaunch Launch, KernelArguments Arguments);
