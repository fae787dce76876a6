"""The laptop cloud's stand-in for Amazon Rekognition: the service's protocol over a real OCR engine.

`python -m local.rekognition --port N` serves DetectText and DetectLabels to any AWS SDK whose
`AWS_ENDPOINT_URL_REKOGNITION` points at it. Why it is built so: docs/decisions/0004-rekognition-stand-in.md.
"""
