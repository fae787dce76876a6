"""GenerateDashboard: publishes the dashboard, one static page made from the manifest's counts."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, manifest
from meterflow.adapters import pages, site, source_of_truth
from meterflow.contracts.update_pipeline import PageResult, PagesDue, QueueBatch
from meterflow.observability import step

PAGE_KEY = "dashboard.html"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the dashboard of the manifest as it is now, unless the published one is from it already."""
    due = [PagesDue.model_validate_json(record.body) for record in QueueBatch.model_validate(event).records]
    rebuild = any(one.rebuild for one in due)
    current = source_of_truth.load_manifest()
    today = clock.now().date()
    version = manifest.edition(current, today)
    if site.published_version(PAGE_KEY) >= version and not rebuild:
        return PageResult(outcome="CURRENT", version=version).payload()
    listed = source_of_truth.load_needing_attention(current, today, pages.LISTED)
    page = pages.dashboard_page(current, version, listed, today)
    site.publish(PAGE_KEY, page, version, again=rebuild)
    return PageResult(outcome="PUBLISHED", version=version).payload()
