using ILGPU;

namespace DdmNative.Compute.Ilgpu.Plans;

/// <summary>A launch that was written down.</summary>
internal abstract class RecordedLaunch
{
    /// <summary>Makes the kernel's arguments, once it is known where the operands lie. Asks <paramref name="memory"/> for every operand.</summary>
    public abstract void Bind(IOperandMemory memory);

    public abstract void Run();
}

/// <summary>A launch of a kernel that takes one struct of arguments.</summary>
internal sealed class RecordedLaunch<TArguments>(Action<KernelConfig, TArguments> kernel, KernelConfig extents, Func<IOperandMemory, TArguments> arguments) : RecordedLaunch
    where TArguments : struct
{
    private TArguments _bound;

    public override void Bind(IOperandMemory memory) => _bound = arguments(memory);

    public override void Run() => kernel(extents, _bound);
}
