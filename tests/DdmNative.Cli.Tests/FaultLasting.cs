namespace DdmNative.Cli.Tests;

/// <summary>How long a fault of <see cref="InterposedCudaDriver"/> lasts.</summary>
public enum FaultLasting
{
    /// <summary>The next call goes through.</summary>
    Once,

    /// <summary>The same function fails from then on, as where there is no more memory.</summary>
    ThisCall,

    /// <summary>Every function that is counted fails with the same error from then on, as after a kernel's fault.</summary>
    EveryCall,
}
