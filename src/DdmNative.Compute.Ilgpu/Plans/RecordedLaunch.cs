using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>A recorded launch.</summary>
internal abstract class RecordedLaunch
{
    /// <summary>
    /// Creates the kernel's arguments when the memory of the operands is known. Requests every operand from <paramref name="memory"/>.
    /// </summary>
    public abstract void Bind(IOperandMemory memory);

    public abstract void Run();
}

/// <summary>A launch of a kernel that takes one struct of arguments.</summary>
internal sealed class RecordedLaunch<TArguments>(Action<KernelConfig, TArguments> kernel, KernelConfig extents,
    Func<IOperandMemory, TArguments> arguments) : RecordedLaunch
    where TArguments : struct
{
    private TArguments _bound;

    public override void Bind(IOperandMemory memory) => _bound = arguments(memory);

    public override void Run() => kernel(extents, _bound);
}
