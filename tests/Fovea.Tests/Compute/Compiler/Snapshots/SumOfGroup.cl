#pragma OPENCL FP_CONTRACT OFF
__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void SnapshotKernels_SumOfGroup(__global uchar* restrict x_base, ulong x_offset, uint x_length_, __global uchar* sums_base, ulong sums_offset)
{
    __local uchar s0[256] __attribute__((aligned(16)));
    __global uchar* x_ = x_base + x_offset;
    __global uchar* sums_ = sums_base + sums_offset;
    uint i1, i2, i4, i6, i13, i17, i28;
    float f5, f9, f10, f21, f24, f30;
    __local uchar *p14;
    i1 = (uint)get_local_id(0);
    i2 = (uint)get_group_id(0);
    i4 = (i2 * 64u) + i1;
    f5 = 0.0f;
    i6 = i4;
b1:;
    if (!((int)i6 < (int)x_length_)) goto b3;
b2:;
    f9 = *((__global const float*)(x_ + (long)(int)i6 * 4));
    f10 = f5 + f9;
    i13 = i6 + ((uint)get_num_groups(0) * 64u);
    f5 = f10;
    i6 = i13;
    goto b1;
b3:;
    p14 = s0 + (long)(int)i1 * 4;
    *((__local float*)p14) = f5;
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    i17 = 32u;
b4:;
    if (!((int)i17 > (int)0u)) goto b6;
b5:;
    if ((int)i1 >= (int)i17) goto b8;
    goto b7;
b6:;
    if (i1 != 0u) goto b10;
    goto b9;
b7:;
    f21 = *((__local const float*)p14);
    f24 = *((__local const float*)(s0 + (long)(int)(i1 + i17) * 4));
    *((__local float*)p14) = (f21 + f24);
b8:;
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    i28 = (uint)((int)i17 / (int)2u);
    i17 = i28;
    goto b4;
b9:;
    f30 = *((__local const float*)s0);
    *((__global float*)(sums_ + (long)(int)i2 * 4)) = f30;
b10:;
    return;
}
