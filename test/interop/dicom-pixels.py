"""Decodes DICOM files with pydicom (gdcm and Pillow behind it), for dicom.test.ts to compare with ours.

usage: dicom-pixels.py OUT FILE...   writes OUT/<n>.raw per file and prints one JSON line per file.
Colour is converted to RGB, palettes are applied, stored values are kept as they are (no rescale).
A JPEG 2000 file, which dcmtk cannot read, is also written as OUT/<n>.dcm without compression.
"""
import json
import sys

import numpy
import pydicom
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space

JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
out, files = sys.argv[1], sys.argv[2:]
for number, path in enumerate(files):
    answer = {"file": path}
    try:
        dataset = pydicom.dcmread(path, force=True)
        answer["tags"] = {k: str(dataset.get(k, "")) for k in ("PatientName", "PatientID", "Modality", "SOPInstanceUID")}
        pixels = dataset.pixel_array
        photometric = dataset.PhotometricInterpretation
        if photometric == "PALETTE COLOR":
            pixels = apply_color_lut(pixels, dataset)
        elif photometric in ("YBR_FULL", "YBR_FULL_422"):
            pixels = convert_color_space(pixels, photometric, "RGB", per_frame=dataset.get("NumberOfFrames", 1) > 1)
        pixels = numpy.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("="))
        answer |= {"dtype": str(pixels.dtype), "shape": pixels.shape}
        pixels.tofile(f"{out}/{number}.raw")
        if dataset.file_meta.TransferSyntaxUID in JPEG_2000:
            # The values that were compared are the ones to draw, whatever the header says of their bits.
            dataset.BitsStored = dataset.BitsAllocated
            dataset.HighBit = dataset.BitsAllocated - 1
            dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
            if dataset.SamplesPerPixel == 3:
                dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            dataset.is_little_endian, dataset.is_implicit_VR = True, False
            dataset.PixelData = pixels.tobytes()
            dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OW", False
            dataset.save_as(f"{out}/{number}.dcm")
            answer["uncompressed"] = f"{out}/{number}.dcm"
    except Exception as error:  # what pydicom refuses is an answer too
        answer["error"] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(answer))
