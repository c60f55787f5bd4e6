using System.Text.Json.Nodes;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// Steps of the walk back over a training for several objectives (<see cref="AdjointWalk"/>): Hessian-vector products, and each sample's
/// product with the vector; the demo's network and batches.
/// </summary>
internal static class AdjointRows
{
    private const int Width = 32, WholeObjectives = 64;

    /// <summary>Objectives that walk together, as the method has them.</summary>
    private const int Wave = 16;

    public static Workload Walk(int objectives, int steps, FashionMnist data)
    {
        NetworkOptions options = Setting.Network(Width);
        var recipe = new TrainingOptions();
        var flops = new NetworkFlops(options);
        return new Workload(
            "adjoint", (double)objectives * steps * recipe.BatchSize * flops.HessianProduct,
            new JsonObject
            {
                ["kind"] = "adjoint", ["objectives"] = objectives, ["steps"] = steps, ["batch"] = recipe.BatchSize, ["width"] = Width,
                ["depth"] = Setting.Depth,
            },
            device =>
            {
                var network = Network.Create(options);
                var set = TrainingSet.Create(device, data.Train.PerClassSubset(400, seed: 1));
                int wave = Math.Min(Wave, objectives), total = recipe.TotalSteps(set.Count);
                var walk = new AdjointWalk(device, network, set, recipe, isDropped: null, wave, isHessian: true);
                float[] parameters = network.Initialise(1), gradients = RandomValues.Of((long)wave * network.ParameterCount, seed: 5);
                var effects = new double[wave];
                return new Prepared(() =>
                {
                    for (int first = 0; first < objectives; first += wave)
                    {
                        walk.Start(gradients);
                        for (int step = 0; step < steps; step++)
                            walk.Step(total - 1 - step, parameters, (member, _, value) => effects[member] += value);
                    }
                }, walk, set);
            })
        { LeastRatio = 5, IsShortened = objectives < WholeObjectives };
    }
}
