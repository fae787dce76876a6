"""`make bench`: measure on this machine, side by side with the alternative, and print tables.

These machines are noisy, so ratios within one run are what counts; no test asserts a time.
"""

from tests.benchmarks import cold_imports, detectors, score_file, serving, submissions, vee_year


def main() -> None:
    """Run every benchmark."""
    cold_imports.main()
    serving.main()
    vee_year.main([])
    detectors.main([])
    score_file.main([])
    submissions.main()


if __name__ == "__main__":
    main()
