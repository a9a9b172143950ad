"""Small files in the format of CIFAR-10."""

from pathlib import Path


def records(count: int, first: int = 0) -> bytes:
    """Return CIFAR records: label i % 10; red, green and blue hold i, i + 1, i + 2."""
    rows = [bytes([i % 10]) + b"".join(bytes([(i + c) % 256]) * 1024 for c in range(3)) for i in range(first, first + count)]
    return b"".join(rows)


def write_cifar(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(5):
        (folder / f"data_batch_{i + 1}.bin").write_bytes(records(4, 4 * i))
    (folder / "test_batch.bin").write_bytes(records(3))
    return folder
