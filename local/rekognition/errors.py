"""The errors that Amazon Rekognition answers with, as exceptions that carry their wire name and status."""

from __future__ import annotations


class ServiceError(Exception):
    """An answer that is an error of the service, told to the caller by its `name`."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status


def unknown_operation() -> ServiceError:
    return ServiceError("UnknownOperationException", "The requested operation is not served here.")


def serialization(message: str) -> ServiceError:
    return ServiceError("SerializationException", message)


def validation(member: str, constraint: str) -> ServiceError:
    """A value outside the bounds that the service's API model sets, which it checks before anything else."""
    return ServiceError(
        "ValidationException",
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}",
    )


def invalid_parameter(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def invalid_image_format() -> ServiceError:
    return ServiceError("InvalidImageFormatException", "Request has invalid image format")


def image_too_large(message: str) -> ServiceError:
    return ServiceError("ImageTooLargeException", message)


def invalid_s3_object() -> ServiceError:
    # One message for a missing bucket, a missing key and no access, as the service has: telling them
    # apart would tell a stranger which objects exist.
    return ServiceError(
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    )


def throughput_exceeded() -> ServiceError:
    return ServiceError("ProvisionedThroughputExceededException", "Provisioned rate exceeded.")


def throttled() -> ServiceError:
    # The API model marks this one as the service's fault, so it travels as a 500; every SDK retries it.
    return ServiceError(
        "ThrottlingException",
        "Amazon Rekognition is temporarily unable to process the request. Try your call again.",
        status=500,
    )


def internal() -> ServiceError:
    return ServiceError("InternalServerError", "Internal server error", status=500)
