namespace DdmNative.CudaEmulator.Execution;

/// <summary>The less frequent instructions, executed one lane after the other by a function of the sources' bits.</summary>
internal static unsafe class LaneOperations
{
    public static void Apply(Warp warp, Operation* operation, uint mask)
    {
        Detail detail = warp.Details[operation->Extra];
        Place[] sources = detail.Sources;
        LaneFunction function = detail.Function!;
        Place result = detail.Results[0];
        byte* frame = warp.Frame;
        uint predicate = 0;
        for (int lane = 0; lane < 32; lane++)
        {
            if ((mask >> lane & 1) == 0)
                continue;
            ulong a = sources.Length > 0 ? Read(frame, sources[0], lane) : 0, b = sources.Length > 1 ? Read(frame, sources[1], lane) : 0;
            ulong c = sources.Length > 2 ? Read(frame, sources[2], lane) : 0, d = sources.Length > 3 ? Read(frame, sources[3], lane) : 0;
            ulong value = function(a, b, c, d);
            if (result.Width == 4)
                ((uint*)(frame + result.Offset))[lane] = (uint)value;
            else if (result.Width == 8)
                ((ulong*)(frame + result.Offset))[lane] = value;
            else
                predicate |= (uint)(value & 1) << lane;
        }

        if (result.Width == 0)
            *(uint*)(frame + result.Offset) = *(uint*)(frame + result.Offset) & ~mask | predicate;
    }

    public static ulong Read(byte* frame, Place place, int lane) => place.Width switch
    {
        4 => ((uint*)(frame + place.Offset))[lane],
        8 => ((ulong*)(frame + place.Offset))[lane],
        _ => *(uint*)(frame + place.Offset) >> lane & 1 ^ (place.Negated ? 1u : 0),
    };

    public static void Write(byte* frame, Place place, int lane, ulong value)
    {
        if (place.Width == 4)
            ((uint*)(frame + place.Offset))[lane] = (uint)value;
        else if (place.Width == 8)
            ((ulong*)(frame + place.Offset))[lane] = value;
        else
            *(uint*)(frame + place.Offset) = *(uint*)(frame + place.Offset) & ~(1u << lane) | (uint)(value & 1) << lane;
    }
}
