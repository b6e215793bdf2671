#pragma OPENCL FP_CONTRACT OFF
__kernel __attribute__((reqd_work_group_size(16, 1, 1)))
void SnapshotKernels_SmallProduct(__global uchar* restrict a_base, ulong a_offset, __global uchar* restrict b_base, ulong b_offset, __global uchar* c_base, ulong c_offset, uint depth_)
{
    __global uchar* a_ = a_base + a_offset;
    __global uchar* b_ = b_base + b_offset;
    __global uchar* c_ = c_base + c_offset;
    float f0, f1, f2, f3, f21, f22, f23, f24;
    uint i4, i25;
    float4 v7, v16;
    __global uchar *p28;
    f0 = 0.0f;
    f1 = 0.0f;
    f2 = 0.0f;
    f3 = 0.0f;
    i4 = 0u;
b1:;
    if (!((int)i4 < (int)depth_)) goto b3;
b2:;
    v7 = *((__global const float4*)(a_ + (long)(int)i4 * 16));
    v16 = *((__global const float4*)(b_ + (long)(int)((i4 * 16u) + (uint)get_local_id(0)) * 16));
    f21 = fma(v7.s0, v16.s0, f0);
    f22 = fma(v7.s1, v16.s1, f1);
    f23 = fma(v7.s2, v16.s2, f2);
    f24 = fma(v7.s3, v16.s3, f3);
    i25 = i4 + 1u;
    f0 = f21;
    f1 = f22;
    f2 = f23;
    f3 = f24;
    i4 = i25;
    goto b1;
b3:;
    p28 = c_ + (long)(int)((uint)get_local_id(0) * 4u) * 4;
    *((__global float*)p28) = f0;
    *((__global float*)(p28 + 4)) = f1;
    *((__global float*)(p28 + 8)) = f2;
    *((__global float*)(p28 + 12)) = f3;
    return;
}
