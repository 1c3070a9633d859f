"""Writes NIfTI files with nibabel and TIFF files with tifffile, for volumes.test.ts to read, and says what is in them.

usage: volumes.py OUT   writes the files and, beside each, OUT/<name>.raw: the samples as float64, frame by frame, row by row;
one JSON line per file on standard output. Affines are nibabel's (RAS, mm).
"""
import json
import sys

import nibabel
import numpy
import tifffile

out = sys.argv[1]
random = numpy.random.default_rng(7)


def say(name, stored, **more):
    numpy.ascontiguousarray(stored, dtype="<f8").tofile(f"{out}/{name}.raw")
    print(json.dumps({"name": name, "frames": int(stored.shape[0]), **more}))


def rotation(a, b, c):
    x = [[1, 0, 0], [0, numpy.cos(a), -numpy.sin(a)], [0, numpy.sin(a), numpy.cos(a)]]
    y = [[numpy.cos(b), 0, numpy.sin(b)], [0, 1, 0], [-numpy.sin(b), 0, numpy.cos(b)]]
    z = [[numpy.cos(c), -numpy.sin(c), 0], [numpy.sin(c), numpy.cos(c), 0], [0, 0, 1]]
    return numpy.array(x) @ numpy.array(y) @ numpy.array(z)


def affine(handed):
    matrix = numpy.eye(4)
    matrix[:3, :3] = rotation(0.3, -0.8, 2.1) @ numpy.diag([0.9 * handed, 1.2, 3.5])
    matrix[:3, 3] = [-70, 33.5, 12]
    return matrix


for version, kind in ((1, nibabel.Nifti1Image), (2, nibabel.Nifti2Image)):
    for order in "<>":
        for code in ("u1", "i1", "i2", "u2", "i4", "u4", "f4", "f8"):
            top = 200 if code[1] == "1" else 30000
            data = (random.random((7, 5, 4)) * top / (2 if code == "i1" else 1)).astype(f"{order}{code}")
            header = kind.header_class(endianness=order)
            header.set_data_dtype(data.dtype)
            for handed in (1, -1):
                for form in ("sform", "qform"):
                    image = kind(data, None, header)
                    image.set_sform(affine(handed) if form == "sform" else None, 1 if form == "sform" else 0)
                    image.set_qform(affine(handed) if form == "qform" else None, 1 if form == "qform" else 0)
                    image.header["scl_slope"], image.header["scl_inter"] = 1, 0
                    end = ".nii.gz" if handed == 1 else ".nii"
                    name = f"{version}{'l' if order == '<' else 'b'}{code}{form}{handed}{end}"
                    image.to_filename(f"{out}/{name}")
                    again = nibabel.load(f"{out}/{name}")
                    stored = numpy.asanyarray(again.dataobj.get_unscaled())
                    # [i, j, k] to frames of rows: k, j, i.
                    say(name, stored.transpose(2, 1, 0), affine=again.affine.tolist(), zooms=nibabel.affines.voxel_sizes(again.affine).tolist())

values = (random.random((3, 20, 30)) * 65535).astype("u2")
real = (random.random((20, 30)) * 2 - 1).astype("f4")
rgb = (random.random((20, 30, 3)) * 255).astype("u1")
for name, data, options in (
    ("pages.tif", values, {"photometric": "minisblack"}),
    ("pages-big.tif", values, {"photometric": "minisblack", "bigtiff": True}),
    ("pages-big-endian.tif", values, {"photometric": "minisblack", "bigtiff": True, "byteorder": ">"}),
    ("deflate.tif", values, {"photometric": "minisblack", "compression": "zlib", "predictor": False}),
    ("tiles.tif", values, {"photometric": "minisblack", "tile": (16, 16)}),
    ("white.tif", values[0], {"photometric": "miniswhite"}),
    ("real.tif", real, {"photometric": "minisblack"}),
    ("signed.tif", (values[0].astype("i4") - 30000).astype("i2"), {"photometric": "minisblack", "byteorder": ">"}),
    ("wide.tif", values[0].astype("u4") * 1000, {"photometric": "minisblack"}),
    ("rgb.tif", rgb, {"photometric": "rgb"}),
    ("rgb-planes.tif", rgb.transpose(2, 0, 1), {"photometric": "rgb", "planarconfig": "separate"}),
    ("rgb-16.tif", rgb.astype("u2") * 250, {"photometric": "rgb", "bigtiff": True, "tile": (16, 16)}),
):
    tifffile.imwrite(f"{out}/{name}", data, **options)
    shown = rgb if name == "rgb-planes.tif" else data
    say(name, shown if shown.ndim == 3 and shown.shape[-1] != 3 else shown[None])
