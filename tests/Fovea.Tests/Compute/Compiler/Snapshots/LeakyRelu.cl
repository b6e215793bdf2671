#pragma OPENCL FP_CONTRACT OFF
__kernel __attribute__((reqd_work_group_size(256, 1, 1)))
void SnapshotKernels_LeakyRelu(__global uchar* x_base, ulong x_offset, __global uchar* y_base, ulong y_offset, uint y_length_, float slope_)
{
    __global uchar* x_ = x_base + x_offset;
    __global uchar* y_ = y_base + y_offset;
    uint i3;
    __global uchar *p5, *p6;
    float f7, f9, f10, f11, f12;
    i3 = ((uint)get_group_id(0) * 256u) + (uint)get_local_id(0);
    if ((int)i3 >= (int)y_length_) goto b5;
b1:;
    p5 = y_ + (long)(int)i3 * 4;
    p6 = x_ + (long)(int)i3 * 4;
    f7 = *((__global const float*)p6);
    if (!(f7 > 0.0f)) goto b3;
b2:;
    f9 = *((__global const float*)p6);
    f12 = f9;
    goto b4;
b3:;
    f10 = *((__global const float*)p6);
    f11 = slope_ * f10;
    f12 = f11;
b4:;
    *((__global float*)p5) = f12;
b5:;
    return;
}
