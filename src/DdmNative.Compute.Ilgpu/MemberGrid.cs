using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// How groups cover work that is the same for every member: a fixed number of groups each, members outermost. A thread takes every
/// <see cref="Step"/>-th item of its member from <see cref="First"/> on; an item's result does not depend on the number of groups.
/// </summary>
internal readonly struct MemberGrid
{
    private readonly int _groupsPerMember;

    private MemberGrid(int groupsPerMember) => _groupsPerMember = groupsPerMember;

    /// <summary>The member of this thread's group.</summary>
    public int Member => Grid.IdxX / _groupsPerMember;

    /// <summary>This thread's first item.</summary>
    public int First => Group.IdxX + Group.DimX * (Grid.IdxX % _groupsPerMember);

    public int Step => Group.DimX * _groupsPerMember;

    /// <summary>The group's first item, if an item is the work of a whole group.</summary>
    public int FirstOfGroup => Grid.IdxX % _groupsPerMember;

    public int StepOfGroups => _groupsPerMember;

    /// <summary>A grid for <paramref name="items"/> items of each member, one a thread, and its number of groups.</summary>
    public static (MemberGrid Grid, int Groups) Create(IlgpuDevice device, int members, int items)
        => CreateForGroups(device, members, (items + device.Threads - 1) / device.Threads);

    /// <summary>
    /// A grid for items that are each the work of a group. On the CPU accelerator a member has at most as many groups as run at the same
    /// time.
    /// </summary>
    public static (MemberGrid Grid, int Groups) CreateForGroups(IlgpuDevice device, int members, int items)
    {
        int perMember = device.IsCpu ? Math.Min(items, device.Multiprocessors) : items;
        return (new MemberGrid(perMember), checked(members * perMember));
    }
}
