# What other people's programs make of our label files: pydicom, nibabel, Pillow, pycocotools (where it is there). Answers one JSON document.
import json
import sys

import numpy as np


def runs_of(mask):
    """Runs of a mask, row by row, background first, as the studio keeps them."""
    flat = np.asarray(mask).astype(bool).ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    ends = np.concatenate([[0], edges, [flat.size]])
    lengths = np.diff(ends).tolist()
    return [0] + lengths if flat[0] else lengths


def seg(path):
    import pydicom

    data = pydicom.dcmread(path)
    pixels = data.pixel_array
    if pixels.ndim == 2:
        pixels = pixels[np.newaxis]
    labels = {item.SegmentNumber: item for item in data.SegmentSequence}
    frames = []
    for group, frame in zip(data.PerFrameFunctionalGroupsSequence, pixels):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        if "SegmentIdentificationSequence" in group:
            numbers = {group.SegmentIdentificationSequence[0].ReferencedSegmentNumber: frame != 0}
        else:
            numbers = {int(n): frame == n for n in np.unique(frame) if n != data.PixelPaddingValue}
        for number, mask in numbers.items():
            item = labels[number]
            frames.append({
                "label": item.SegmentLabel,
                "track": item.get("TrackingID"),
                "sop": source.ReferencedSOPInstanceUID,
                "frame": int(source.get("ReferencedFrameNumber", 1)) - 1,
                "runs": runs_of(mask),
            })
    return {"type": data.SegmentationType, "patient": data.PatientID, "study": data.StudyInstanceUID, "frames": frames}


def sr(path):
    import pydicom

    data = pydicom.dcmread(path)
    groups = []

    def meaning(item):
        return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""

    def walk(item, group):
        for child in item.get("ContentSequence", []):
            into = group
            if child.ValueType == "CONTAINER" and meaning(child) == "Measurement Group":
                into = {"numbers": [], "figures": [], "codes": {}}
                groups.append(into)
            if into is not None:
                if child.ValueType == "NUM":
                    value = child.MeasuredValueSequence[0]
                    unit = value.MeasurementUnitsCodeSequence[0].CodeValue
                    into["numbers"].append([meaning(child), float(value.NumericValue), unit])
                elif child.ValueType == "SCOORD":
                    sop = child.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                    into["figures"].append([child.GraphicType, list(map(float, child.GraphicData)), sop])
                elif child.ValueType == "CODE":
                    into["codes"][meaning(child)] = child.ConceptCodeSequence[0].CodeMeaning
            walk(child, into)

    walk(data, None)
    return {"template": data.ContentTemplateSequence[0].TemplateIdentifier, "groups": groups}


def inside(points, rows, columns):
    """Even-odd, by the centres of pixels."""
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    result = np.zeros((rows, columns), bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0)):
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            result ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return result


def rtstruct(path, *images):
    import pydicom

    data = pydicom.dcmread(path)
    slices = {image.SOPInstanceUID: image for image in map(pydicom.dcmread, images)}
    names = {roi.ROINumber: roi.ROIName for roi in data.StructureSetROISequence}
    masks = {}
    for roi in data.ROIContourSequence:
        for contour in roi.ContourSequence:
            sop = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            image = slices[sop]
            points = np.array(contour.ContourData, float).reshape(-1, 3) - np.array(image.ImagePositionPatient, float)
            row, column = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
            between, along = map(float, image.PixelSpacing)
            flat = np.stack([points @ row / along + 0.5, points @ column / between + 0.5], axis=1)
            key = (names[roi.ReferencedROINumber], sop)
            here = inside(flat, image.Rows, image.Columns)
            masks[key] = masks.get(key, np.zeros_like(here)) ^ here
    return [{"name": name, "sop": sop, "runs": runs_of(mask)} for (name, sop), mask in masks.items()]


def nifti(path):
    import nibabel

    image = nibabel.load(path)
    values = np.asarray(image.dataobj)
    # Ours run along a row (first axis), then down the rows.
    slices = [values[:, :, k].T for k in range(values.shape[2])]
    return {
        "affine": image.affine.tolist(),
        "qform": image.get_qform().tolist(),
        "codes": [int(image.header["sform_code"]), int(image.header["qform_code"])],
        "type": str(image.get_data_dtype()),
        "slices": [{int(n): runs_of(frame == n) for n in np.unique(frame) if n != 0} for frame in slices],
    }


def png(path):
    from PIL import Image

    image = Image.open(path)
    values = np.asarray(image)
    palette = np.array(image.getpalette()).reshape(-1, 3).tolist()
    return {"mode": image.mode, "palette": palette, "runs": {int(n): runs_of(values == n) for n in np.unique(values) if n}}


def coco(path):
    try:
        from pycocotools import mask as rle
        from pycocotools.coco import COCO
    except ImportError:
        return None
    sys.stdout, real = sys.stderr, sys.stdout
    file = COCO(path)
    annotations = [file.anns[key] for key in sorted(file.anns)]
    answer = []
    for one in annotations:
        held = one["segmentation"]
        area = float(rle.area(file.annToRLE(one))) if isinstance(held, dict) else None
        runs = runs_of(file.annToMask(one)) if held else None
        name = file.cats[one["category_id"]]["name"]
        answer.append({"name": name, "bbox": one["bbox"], "area": area, "runs": runs})
    sys.stdout = real
    return answer


kind, *paths = sys.argv[1:]
print(json.dumps(globals()[kind](*paths)))
