namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// Base operations. Words after the first dot are <see cref="PtxModifiers"/>, except if they select an operation with other operands
/// (<c>cp.async.wait_group</c>, <c>wmma.load.a</c>, <c>bar.warp.sync</c>): those have their own opcodes.
/// </summary>
public enum PtxOpcode : byte
{
    Abs, Activemask, Add, Addc, Alloca, And, Applypriority, Atom,
    /// <summary><c>bar{.cta}.sync</c>, <c>barrier{.cta}.sync</c>: id and optional thread count.</summary>
    BarSync,
    BarArrive,
    /// <summary><c>bar.red.popc.u32 d, a{, b}, {!}p</c> and <c>bar.red.and/or.pred</c>.</summary>
    BarRed,
    BarWarpSync,
    Bfe, Bfi, Bfind, Bmsk, Bra, Brev, Brkpt, BrxIdx, Call, Clz, Cnot, Copysign, Cos,
    /// <summary><c>cp.async.ca/cg.shared.global [dst], [src], size{, source-size}</c></summary>
    CpAsync,
    CpAsyncCommitGroup, CpAsyncWaitGroup, CpAsyncWaitAll,
    Createpolicy, Cvt, Cvta, Discard, Div, Dp2a, Dp4a, Elect, Ex2, Exit, Fence, Fma, Fns, Griddepcontrol, Isspacep, Ld, Ldmatrix, Ldu, Lg2,
        Lop3, Mad, Mad24, Madc, Match, Max, Membar, Min, Mma, Mov, Movmatrix, Mul, Mul24,
    Nanosleep, Neg, Not, Or, Pmevent, Popc, Prefetch, Prmt, Rcp, Red, Redux, Rem, Ret, Rsqrt, Sad, Selp, Set, Setmaxnreg, Setp, Shf, Shfl,
        Shl, Shr, Sin, Slct, Sqrt, St, Stackrestore, Stacksave, Stmatrix, Sub, Subc, Szext, Tanh, Testp, Trap,
    Vote,
    WmmaLoadA, WmmaLoadB, WmmaLoadC, WmmaMma, WmmaStoreD,
    Xor,
}
