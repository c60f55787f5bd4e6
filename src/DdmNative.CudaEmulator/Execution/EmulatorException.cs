using DdmNative.CudaEmulator.Checks;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// A request that the device refuses or a kernel that failed, with the driver's code for it; for a fault of a kernel, with its report.
/// </summary>
public sealed class EmulatorException(CudaError code, string message, FaultReport? report = null) : Exception(message)
{
    public EmulatorException(CudaError code, FaultReport report)
        : this(code, report.Message, report)
    {
    }

    public CudaError Code { get; } = code;

    public FaultReport? Report { get; } = report;
}
