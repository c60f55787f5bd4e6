namespace DdmNative.Compute.Cpu;

/// <summary>What a profiler shows of a recorded kernel call.</summary>
public interface IKernelCall
{
    /// <summary>Operation and form: <c>convolution.forward</c>.</summary>
    string Name { get; }

    /// <summary>The layer, by the shape of one sample: <c>32×14×14 → 32×14×14</c>.</summary>
    string Shape { get; }

    /// <summary>E.</summary>
    int Members { get; }

    /// <summary>N.</summary>
    int Samples { get; }

    /// <summary>
    /// Floating-point operations of one sample of one member, a multiply–add counted as two: those of the direct form of a product,
    /// whatever algorithm computes it. Zero for calls that are bound by memory.
    /// </summary>
    double FlopsPerSample { get; }

    /// <summary>
    /// Bytes of images, features and the like that one sample of one member reads and writes, each once; without parameters.
    /// </summary>
    double BytesPerSample { get; }
}
