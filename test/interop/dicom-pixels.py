"""Decodes DICOM files with pydicom (gdcm and Pillow behind it), for dicom.test.ts to compare with ours.

usage: dicom-pixels.py OUT FILE...   writes OUT/<n>.raw per file and prints one JSON line per file.
Colour is converted to RGB, palettes are applied, stored values are kept as they are (no rescale).
"""
import json
import sys

import numpy
import pydicom
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space

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
    except Exception as error:  # what pydicom refuses is an answer too
        answer["error"] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(answer))
