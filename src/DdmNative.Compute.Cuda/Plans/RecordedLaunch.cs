namespace DdmNative.Compute.Cuda.Plans;

/// <summary>A recorded launch: its kernel's handle, its extents, its arguments.</summary>
internal sealed record RecordedLaunch(nint Function, KernelLaunch Launch, KernelArguments Arguments);
