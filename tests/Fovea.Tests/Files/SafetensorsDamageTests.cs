using System.Text;
using Fovea.Files;
using Fovea.Testing;
using static Fovea.Tests.SafetensorsFileTests;

namespace Fovea.Tests;

public class SafetensorsDamageTests
{
    private const string Good = """ "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]} """;

    [Test]
    public void TheUndamagedFileOpens() => Assert.That(() => Open(Bytes(Good, new byte[8])), Throws.Nothing);

    [TestCase(Good + "," + Good, 8, "'a'", "twice")]
    [TestCase(""" "a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]} """, 8, "'a'", "twice")]
    [TestCase(""" "a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]} """, 8, "'a'", "'F31'")]
    [TestCase(""" "a":{"dtype":"12","shape":[2],"data_offsets":[0,8]} """, 8, "'a'", "'12'")]
    [TestCase(""" "a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]} """, 8, "'a'", "'f32'")]
    [TestCase(""" "a":{"dtype":7,"shape":[2],"data_offsets":[0,8]} """, 8, "'a'", "not a string")]
    [TestCase(""" "a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]} """, 8, "'a'", "'shape'")]
    [TestCase(""" "a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]} """, 8, "'a'", "'shape'")]
    [TestCase(""" "a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]} """, 8, "'a'", "'shape'")]
    [TestCase(""" "a":{"dtype":"F32","shape":2,"data_offsets":[0,8]} """, 8, "'a'", "'shape'")]
    [TestCase(""" "a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]} """, 8, "'a'", "'shape'")]
    [TestCase(""" "a":{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]} """, 8, "'a'", "64 bits")]
    [TestCase(""" "a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]} """, 0, "'a'", "64 bits")]
    [TestCase(""" "a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]} """, 8, "'a'", "takes 12")]
    [TestCase(""" "a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]} """, 8, "'a'", "not a begin and an end")]
    [TestCase(""" "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]} """, 8, "'a'", "not a begin and an end")]
    [TestCase(""" "a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]} """, 8, "'a'", "'data_offsets'")]
    [TestCase(""" "a":{"dtype":"F32","shape":[2]} """, 8, "'a'", "lacks")]
    [TestCase(""" "a":[] """, 8, "'a'", "not a JSON object")]
    [TestCase(Good, 9, "1 bytes at the end", "no tensor")]
    [TestCase(Good, 7, "'a'", "cut off")]
    [TestCase("", 1, "1 bytes at the end", "no tensor")]
    [TestCase(Good + """, "b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]} """, 12, "'b'", "overlap")]
    [TestCase(Good + """, "b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]} """, 8, "'b'", "overlap")]
    [TestCase(Good + """, "b":{"dtype":"U8","shape":[3],"data_offsets":[9,12]} """, 12, "'b'", "hole")]
    [TestCase(Good + """, "b":{"dtype":"U8","shape":[9],"data_offsets":[8,9223372036854775808]} """, 8, "'b'", "'data_offsets'")]
    [TestCase(Good + """, "__metadata__":{"x":1} """, 8, "'x'", "not a string")]
    [TestCase(Good + """, "__metadata__":{"x":"1","x":"1"} """, 8, "'x'", "twice")]
    [TestCase(Good + """, "__metadata__":7 """, 8, "metadata", "not a JSON object")]
    [TestCase(Good + ",", 8, "JSON", "")]
    [TestCase(Good + "} x {", 8, "JSON", "")]
    [TestCase(Good + """, "\ud800":{"dtype":"F32","shape":[0],"data_offsets":[8,8]} """, 8, "JSON", "")]
    public void AFaultIsNamedWithFileTensorAndReason(string properties, int dataLength, string first, string second) =>
        Assert.That(() => Open(Bytes(properties, new byte[dataLength])),
            Throws.TypeOf<SafetensorsException>()
                .With.Message.Contains("damaged.safetensors").And.Message.Contains(first).And.Message.Contains(second));

    [Test]
    public void AFaultCarriesItsPlace()
    {
        var fault = Assert.Throws<SafetensorsException>(() => Open(Bytes(Good, new byte[9])))!;
        Assert.That(fault.Offset, Is.EqualTo(8 + Good.Length + 2 + 8));
        fault = Assert.Throws<SafetensorsException>(() => Open(Bytes(""" "a":{"dtype":"?"} """, [])))!;
        Assert.That((fault.TensorName, fault.Offset), Is.EqualTo(("a", 8L + 1 + """ "a":{"dtype":""".Length)));
    }

    [TestCase("", "too few")]
    [TestCase("01", "too few")]
    [TestCase("0000000000000000", "'{'")]
    [TestCase("01000000000000005B", "'{'")]
    [TestCase("0200000000000000207B", "'{'")]
    [TestCase("FFFFFFFFFFFFFFFF7B7D", "header")]
    [TestCase("01E1F505000000007B7D", "100000000")]
    [TestCase("03000000000000007B7D", "header")]
    [TestCase("03000000000000007BFF7D", "UTF-8")]
    [TestCase("01000000000000007B", "JSON")]
    public void ADamagedStartIsReported(string hex, string reason) =>
        Assert.That(() => Open(Convert.FromHexString(hex)), Throws.TypeOf<SafetensorsException>().With.Message.Contains(reason));

    [Test]
    public void EveryTruncationIsReported()
    {
        byte[] whole = Bytes(Good + """, "__metadata__":{"x":"y"} """, new byte[8]);
        for (int length = 0; length < whole.Length; length++)
            Assert.That(() => Open(whole[..length]), Throws.TypeOf<SafetensorsException>(), $"{length} bytes");
    }

    [Test]
    public void NoChangedByteOfTheHeaderGivesAnotherException()
    {
        byte[] whole = Bytes(Good + """, "__metadata__":{"x":"y"} """, new byte[8]);
        int faults = 0;
        for (int i = 0; i < whole.Length - 8; i++)
        {
            foreach (byte value in "\0\"\\{}[],:-9e\u00ff"u8)
            {
                byte[] changed = [.. whole];
                changed[i] = value;
                try
                {
                    Open(changed);
                }
                catch (SafetensorsException)
                {
                    faults++;
                }
            }
        }
        Assert.That(faults, Is.GreaterThan(500));
    }

    [Test]
    public void DeepNestingIsReported()
    {
        byte[] header = Encoding.UTF8.GetBytes("{\"a\":{\"x\":" + new string('[', 1000) + new string(']', 1000) + "}}");
        Assert.That(() => Open(Raw(header, [])), Throws.TypeOf<SafetensorsException>());
    }

    [TestCase("504B0304", "a ZIP archive, as PyTorch's .pth and .pt are")]
    [TestCase("80028A0A", "a Python pickle, as older .pth files of PyTorch are")]
    [TestCase("894844460D0A", "an HDF5 file")]
    [TestCase("47475546", "a GGUF file")]
    [TestCase("1F8B0800", "a gzip archive")]
    public void FilesOfOtherKindsAreNamed(string start, string expected) => Assert.That(
        () => Open([.. Convert.FromHexString(start), .. Enumerable.Repeat((byte)8, 100)]),
        Throws.TypeOf<SafetensorsException>().With.Message.Contains($"this is {expected}").And.Message.Contains("save_file"));

    private static void Open(byte[] content)
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("damaged.safetensors", content));
    }
}
