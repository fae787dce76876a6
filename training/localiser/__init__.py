"""Training, export and evaluation of the localiser (open_reader/weights/locate.onnx)."""
