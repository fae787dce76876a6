"""GenerateMap: publishes the points of changed shards and the Folium page that shows them."""

import json
from typing import Any

import folium
from aws_lambda_powertools.utilities.typing import LambdaContext
from folium.plugins import MarkerCluster

from meterflow import clock, fleet_map, manifest, settings
from meterflow.adapters import pages, site, source_of_truth
from meterflow.contracts.update_pipeline import PageResult, PagesDue, QueueBatch
from meterflow.fleet import UNPLACED
from meterflow.manifest import Manifest
from meterflow.observability import step

INDEX_KEY = "data/index.json"
SCRIPT_KEY = "data/map-init.js"
PAGE_KEY = "map.html"
# What a city without meters shows.
EVERYWHERE = (-60.0, -180.0, 75.0, 180.0)


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the map of the manifest as it is now, unless the published one is from it already.

    The index goes last: where it has the manifest's version, everything it points to is there.
    """
    due = [PagesDue.model_validate_json(record.body) for record in QueueBatch.model_validate(event).records]
    rebuild = any(one.rebuild for one in due)
    current = source_of_truth.load_manifest()
    today = clock.now().date()
    version = manifest.edition(current, today)
    published = json.loads(site.read(INDEX_KEY) or "{}") if not rebuild else {}
    if published.get("version", -1) >= version:
        return PageResult(outcome="CURRENT", version=version).payload()
    written = _publish_shards(current, published.get("shards", {}), rebuild)
    canvas, script = folium_parts(current)
    listed = source_of_truth.load_needing_attention(current, today, pages.LISTED)
    page = pages.map_page(current, version, listed, today, canvas)
    site.publish(SCRIPT_KEY, script, version, again=rebuild)
    site.publish(PAGE_KEY, page, version, again=rebuild)
    site.publish(INDEX_KEY, json.dumps(fleet_map.index(current, version, today)), version, again=rebuild)
    return PageResult(outcome="PUBLISHED", version=version, shards_written=written).payload()


def _publish_shards(current: Manifest, published: dict[str, Any], rebuild: bool) -> int:
    """Publish the points of the shards that changed since the published index; return how many."""
    written = 0
    for name, entry in current.shards.items():
        if name != UNPLACED and published.get(name, {}).get("version", -1) < entry.version:
            shard = source_of_truth.load_shard(name)
            body = json.dumps(fleet_map.feature_collection(shard))
            written += site.publish(f"data/shards/{name}.json", body, shard.version, again=rebuild)
    return written


def folium_parts(current: Manifest) -> tuple[str, str]:
    """The map's element and its script, as Folium makes them: no data in either but the extent of the city.

    Folium's page would load seven libraries from four other hosts and write popups unescaped. So of its page only the
    parts that draw are taken; `site/vendor` has the two libraries that they need and `site/map.js` adds the points.
    """
    bounds = fleet_map.extent(current)
    south, west, north, east = bounds or EVERYWHERE
    # Folium gives its own max_zoom to tiles alone; without maxZoom the clusters would be built for zooms without end.
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2], zoom_start=2, tiles=None, control_scale=True, maxZoom=19
    )
    page._id = "fleet"
    cluster = MarkerCluster(
        icon_create_function="function (cluster) { return clusterIcon(cluster); }",
        max_cluster_radius=44,
        show_coverage_on_hover=False,
        chunked_loading=True,
    )
    cluster._id = "fleet"
    cluster.add_to(page)
    tiles = settings.setting("MAP_TILES_URL")
    if tiles != "none":
        folium.TileLayer(tiles=tiles, attr=settings.setting("MAP_TILES_ATTRIBUTION")).add_to(page)
    if bounds:
        page.fit_bounds([[south, west], [north, east]], max_zoom=15)
    figure = page.get_root()
    figure.render()
    return figure.html.render(), figure.script.render()
