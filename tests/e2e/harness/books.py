"""The sums that hold in every scrape, whatever the proxy is doing."""


def assert_balanced(metrics):
    """Every frame read, or replayed as a dead letter, is sent, waiting, stranded or discarded: it counts once, whatever happened."""
    workers = metrics.labels("downstream_frames_total", "worker")
    assert len(workers) == metrics.total("workers"), "every worker has answered"
    for worker in workers:
        read = metrics.total("downstream_frames_total", worker=worker, direction="up")
        read += metrics.total("frames_replayed_total", worker=worker)
        read += metrics.total("frames_copied_total", worker=worker)
        kept = {
            name: metrics.count(name, worker=worker)
            for name in (
                "frames_sent_total",
                "link_outstanding_frames",
                "frames_stranded",
                "frames_discarded_total",
                "frames_given_up_total",
                "frames_copies_dropped_total",
            )
        }
        assert read == sum(kept.values()), (worker, kept)
        opened = metrics.total("downstream_connections_opened_total", worker=worker)
        closed = metrics.total("downstream_connections_closed_total", worker=worker)
        assert opened == closed + metrics.total("downstream_connections", worker=worker)
        for upstream in metrics.labels("link_batches_sent_total", "upstream"):
            link = {"worker": worker, "upstream": upstream}
            batches = metrics.count("link_batches_sent_total", **link)
            assert batches == metrics.count("link_batch_frames_count", **link)
