using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Evaluation;

public sealed class RetrainingIdentityTests
{
    private static readonly RetrainingIdentity Identity = new("data", NetworkOptions.ConvNet(new ImageShape(1, 8, 8), 3, 4, 2),
        new TrainingOptions(), "CPU, AVX2", "1.0.0");

    [Fact]
    public void Whatever_decides_a_model_is_in_its_key()
    {
        bool[] dropped = [true, false, false, false, false, false, false, false, true];
        string[] keys =
        [
            Identity.KeyOf(1, dropped),
            Identity.KeyOf(2, dropped),
            Identity.KeyOf(1, [true, false, false, false, false, false, false, false, false]),
            Identity.KeyOf(1, [.. dropped, false, false, false, false, false, false, false, false]),
            (Identity with { Data = "other data" }).KeyOf(1, dropped),
            (Identity with { Network = Identity.Network with { Width = 5 } }).KeyOf(1, dropped),
            (Identity with { Training = Identity.Training with { Epochs = 9 } }).KeyOf(1, dropped),
            (Identity with { Training = Identity.Training with { LearningRate = 0.03f } }).KeyOf(1, dropped),
            (Identity with { Training = Identity.Training with { Steps = 10 } }).KeyOf(1, dropped),
            (Identity with { Arithmetic = "CPU, AVX-512" }).KeyOf(1, dropped),
            (Identity with { Version = "1.0.1" }).KeyOf(1, dropped),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{64}$", key));
    }

    [Fact]
    public void The_recipes_own_seed_is_not()
        => Assert.Equal(Identity.KeyOf(1, [true]), (Identity with { Training = Identity.Training with { Seed = 5 } }).KeyOf(1, [true]));
}
