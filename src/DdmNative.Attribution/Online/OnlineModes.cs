using DdmNative.Attribution.Methods;

namespace DdmNative.Attribution.Online;

/// <summary>The synset modes by name.</summary>
public static class OnlineModes
{
    private static readonly IOnlineMode[] Modes = [new Repair(), new Replay(), new ControlledReplay(), new Push(), new Forget()];

    /// <summary>The mode of that name; null for the depth dial's methods.</summary>
    public static IOnlineMode? Find(string method) => Modes.FirstOrDefault(mode => mode.Name == AttributionMethods.SynsetMode(method));
}
