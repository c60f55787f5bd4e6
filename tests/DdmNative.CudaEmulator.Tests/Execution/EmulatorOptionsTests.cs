using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>The environment's settings of a device.</summary>
public sealed class EmulatorOptionsTests
{
    [Theory]
    [InlineData(null, MatrixSums.Truncate)]
    [InlineData("", MatrixSums.Truncate)]
    [InlineData("truncate", MatrixSums.Truncate)]
    [InlineData("round", MatrixSums.Round)]
    public void The_environment_selects_how_matrix_instructions_add(string? text, MatrixSums expected)
    {
        using Variable variable = new(EmulatorOptions.MatrixSumsVariable, text);

        Assert.Equal(expected, EmulatorOptions.FromEnvironment().MatrixSums);
    }

    [Fact]
    public void An_unknown_way_of_adding_is_refused_with_the_valid_ones()
    {
        using Variable variable = new(EmulatorOptions.MatrixSumsVariable, "nearest");

        string message = Assert.Throws<FormatException>(() => EmulatorOptions.FromEnvironment()).Message;

        Assert.Equal("DDM_CUDA_EMULATOR_MMA is 'nearest', expected truncate or round", message);
    }

    /// <summary>Sets an environment variable for the lifetime of this object.</summary>
    private sealed class Variable : IDisposable
    {
        private readonly string _name;
        private readonly string? _before;

        public Variable(string name, string? text)
        {
            (this._name, _before) = (name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, text);
        }

        public void Dispose() => Environment.SetEnvironmentVariable(_name, _before);
    }
}
