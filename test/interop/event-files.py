"""Reads event files (paths as arguments) and prints their scalars as JSON: with TensorBoard where it is installed, else with google.protobuf.

Without TensorBoard the framing and the checksums are read here, by the format's own words, and the messages by Google's protobuf library.
"""
import json
import struct
import sys


def by_tensorboard(path):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for event in EventFileLoader(path).Load():
        for value in event.summary.value:
            number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
            yield {"tag": value.tag, "step": event.step, "time": event.wall_time, "value": number}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def check(data, found):
    crc = crc32c(data)
    assert ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF == found, "checksum"


def event_class():
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="t", syntax="proto3")
    fields = descriptor_pb2.FieldDescriptorProto

    def message(name, *rows):
        made = file.message_type.add(name=name)
        for field, number, kind, label, of in rows:
            made.field.add(name=field, number=number, type=kind, label=label, type_name=of)

    one, many = fields.LABEL_OPTIONAL, fields.LABEL_REPEATED
    message("Value", ("tag", 1, fields.TYPE_STRING, one, None), ("simple_value", 2, fields.TYPE_FLOAT, one, None))
    message("Summary", ("value", 1, fields.TYPE_MESSAGE, many, ".t.Value"))
    message(
        "Event",
        ("wall_time", 1, fields.TYPE_DOUBLE, one, None),
        ("step", 2, fields.TYPE_INT64, one, None),
        ("file_version", 3, fields.TYPE_STRING, one, None),
        ("summary", 5, fields.TYPE_MESSAGE, one, ".t.Summary"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName("t.Event")
    return message_factory.MessageFactory(pool).GetPrototype(found)


def by_protobuf(path):
    event_of = event_class()
    data, at, first = open(path, "rb").read(), 0, True
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        check(data[at : at + 8], *struct.unpack_from("<I", data, at + 8))
        body = data[at + 12 : at + 12 + length]
        check(body, *struct.unpack_from("<I", data, at + 12 + length))
        event = event_of.FromString(body)
        assert not first or event.file_version == "brain.Event:2"
        first = False
        for value in event.summary.value:
            yield {"tag": value.tag, "step": event.step, "time": event.wall_time, "value": value.simple_value}
        at += length + 16


try:
    import tensorboard

    reader, read = "tensorboard " + tensorboard.__version__, by_tensorboard
except ImportError:
    reader, read = "protobuf", by_protobuf
json.dump({"reader": reader, "scalars": [list(read(path)) for path in sys.argv[1:]]}, sys.stdout)
