namespace DdmNative.Compute.Split;

/// <summary>
/// One plan on each device that has members to work on. A run starts all of them; asynchronous devices then work at the same time.
/// </summary>
internal sealed class SplitPlan : IPlan
{
    private readonly List<IPlan> _plans = [];

    private SplitPlan(string name) => Name = name;

    public string Name { get; }

    /// <param name="name">What the plan does.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="calls">The calls of each device; none for an idle one.</param>
    public static SplitPlan Record(string name, IReadOnlyList<Device> devices, IReadOnlyList<List<Action>> calls)
    {
        var plan = new SplitPlan(name);
        try
        {
            for (int i = 0; i < devices.Count; i++)
            {
                List<Action> own = calls[i];
                if (own.Count > 0)
                    plan._plans.Add(devices[i].Record(name, () => own.ForEach(call => call())));
            }
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    public void Run() => _plans.ForEach(plan => plan.Run());

    public void Dispose()
    {
        _plans.ForEach(plan => plan.Dispose());
        _plans.Clear();
    }
}
