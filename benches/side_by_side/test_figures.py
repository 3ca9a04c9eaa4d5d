"""What comes from results to figures and to the table: python3 -m unittest discover -s benches -t benches"""

import unittest

from side_by_side import clients, figures, table, workloads
from side_by_side.figures import Figure

CLIENTS = [("raw", "floor"), ("raw-split", "floor"), ("c-thread", "queue"), ("c-direct", "direct"),
           ("official-rust", "official"), ("python", "binding"), ("official-python", "official"),
           ("go", "binding"), ("go-raw", "binding"), ("official-go", "official")]


def record(run, client, repetition, **result):
    chosen = next(candidate for candidate in workloads.RUNS if candidate.key == run)
    return {"run": run, "workload": chosen.workload, "numbers": list(chosen.numbers), "client": client,
            "repetition": repetition, "result": result, "error": None}


def cell_of(records, name, client, **options):
    found = [cell for cell in figures.cells(records, CLIENTS, **options)
             if cell.figure.name == name and cell.client == client]
    return found[0] if found else None


class Figures(unittest.TestCase):
    def test_a_value_is_the_median_of_the_repetitions(self):
        records = [record("window-64", "c-thread", at, cpu_s=cpu) for at, cpu in enumerate((0.09, 9.0, 0.045))]
        cell = cell_of(records, "CPU per event, 64 B", "c-thread")
        self.assertAlmostEqual(cell.value, 1.0)
        self.assertEqual(cell.repetitions, 3)
        self.assertIsNone(cell.to_reference)
        self.assertIsNone(cell.to_floor)

    def test_ratios_are_taken_within_a_repetition(self):
        # The machine becomes ten times slower and back: the ratio stays what it is in each repetition.
        records = []
        for at, slowness in enumerate((1, 10, 1)):
            records.append(record("window-64", "c-thread", at, cpu_s=0.2 * slowness))
            records.append(record("window-64", "raw", at, cpu_s=0.1 * slowness))
            records.append(record("window-64", "official-rust", at, cpu_s=0.8 * slowness))
        cell = cell_of(records, "CPU per event, 64 B", "c-thread")
        self.assertAlmostEqual(cell.to_floor, 2.0)
        self.assertAlmostEqual(cell.to_reference, 0.25)

    def test_a_repetition_without_the_other_gives_no_ratio(self):
        records = [record("window-64", "c-thread", 0, cpu_s=0.2), record("window-64", "c-thread", 1, cpu_s=0.4),
                   record("window-64", "raw", 1, cpu_s=0.1)]
        self.assertAlmostEqual(cell_of(records, "CPU per event, 64 B", "c-thread").to_floor, 4.0)
        self.assertIsNone(figures.ratio({0: 1.0}, {1: 1.0}))
        self.assertIsNone(figures.ratio({0: 1.0}, {0: 0.0}))

    def test_a_failed_run_is_left_out(self):
        failed = {**record("window-64", "c-thread", 0), "result": None, "error": "exit status 1"}
        self.assertIsNone(cell_of([failed], "CPU per event, 64 B", "c-thread"))
        records = [failed, record("window-64", "c-thread", 1, cpu_s=0.09)]
        self.assertEqual(cell_of(records, "CPU per event, 64 B", "c-thread").repetitions, 1)

    def test_the_splitter_has_a_figure_of_its_own(self):
        name = "CPU per event, 64 B, against a frame splitter"
        records = [record("window-64", client, 0, cpu_s=cpu)
                   for client, cpu in (("raw-split", 0.1), ("c-thread", 0.15), ("c-direct", 0.15))]
        self.assertAlmostEqual(cell_of(records, name, "c-thread").value, 1.5)
        self.assertTrue(cell_of(records, name, "c-thread").goal_met)
        self.assertFalse(cell_of(records, name, "c-direct").goal_met)
        self.assertIsNone(cell_of(records[1:], name, "c-thread"))

    def test_a_tool_call_is_compared_with_a_ping(self):
        records = [record("tools", "c-thread", 0, wall_s=0.4, cpu_s=0.2),
                   record("ping", "raw", 0, wall_s=0.25, cpu_s=0.1, p50_us=48)]
        cell = cell_of(records, "Tool call, wall, against a raw ping", "c-thread")
        self.assertAlmostEqual(cell.value, 100 / 50)
        self.assertFalse(cell.goal_met)

    def test_memory_is_above_that_of_a_connected_client(self):
        name = "{0:,} streams of {1} deltas: peak memory above connected"
        stream = record("streams", "c-thread", 0, rss_peak_kb=9 * 1024, rss_base_kb=8 * 1024, cpu_s=1, received=1)
        self.assertIsNone(cell_of([stream], name, "c-thread"))
        connected = record("connect", "c-thread", 0, rss_peak_kb=5 * 1024, wall_s=0.001)
        self.assertAlmostEqual(cell_of([stream, connected], name, "c-thread").value, 4)

    def test_goals_are_of_libcopilot_alone(self):
        less = Figure("", "", "", figures.cpu, goal=1.0)
        self.assertTrue(figures.goal_met(less, "queue", 1.0, None))
        self.assertFalse(figures.goal_met(less, "direct", 1.1, None))
        self.assertIsNone(figures.goal_met(less, "official", 0.5, None))
        self.assertIsNone(figures.goal_met(Figure("", "", "", figures.cpu), "queue", 1.0, 1.0))
        more = Figure("", "", "", figures.rate, goal=100, more_is_better=True)
        self.assertTrue(figures.goal_met(more, "queue", 100, None))
        self.assertFalse(figures.goal_met(more, "queue", 99, None))
        of_floor = Figure("", "", "", figures.p50, floor_goal=1.15)
        self.assertTrue(figures.goal_met(of_floor, "queue", 1000, 1.1))
        self.assertFalse(figures.goal_met(of_floor, "queue", 1, 1.2))
        self.assertIsNone(figures.goal_met(of_floor, "queue", 1, None))

    def test_a_binding_is_judged_by_the_official_sdk_of_its_language(self):
        for ours, met in ((0.3, True), (0.5, False)):
            records = [record("window-64", "python", 0, cpu_s=ours), record("window-64", "official-python", 0, cpu_s=1.0)]
            cell = cell_of(records, "CPU per event, 64 B", "python")
            self.assertAlmostEqual(cell.to_peer, ours)
            self.assertIs(cell.goal_met, met)
            self.assertIsNone(cell_of(records, "CPU per event, 64 B", "official-python").to_peer)
        self.assertIsNone(cell_of(records[:1], "CPU per event, 64 B", "python").goal_met)

    def test_each_binding_has_a_share_of_its_own(self):
        records = [record("window-64", name, 0, cpu_s=cpu)
                   for name, cpu in (("go", 0.4), ("go-raw", 0.4), ("official-go", 1.0))]
        self.assertTrue(cell_of(records, "CPU per event, 64 B", "go").goal_met)
        self.assertFalse(cell_of(records, "CPU per event, 64 B", "go-raw").goal_met)
        text = table.table(figures.cells(records, CLIENTS), {"window-64": (90000, 64)}, repetitions=1)
        self.assertIn("goal: at most 0.45 µs, go 0.5 x official, go-raw 0.25 x official", text)

    def test_a_quick_run_judges_nothing(self):
        records = [record("window-64", "c-thread", 0, cpu_s=0.0001)]
        self.assertTrue(cell_of(records, "CPU per event, 64 B", "c-thread").goal_met)
        self.assertIsNone(cell_of(records, "CPU per event, 64 B", "c-thread", judge=False).goal_met)

    def test_every_figure_has_its_run(self):
        keys = {run.key for run in workloads.RUNS}
        for figure in figures.FIGURES:
            self.assertIn(figure.run, keys)
            self.assertIn(figure.against_run, {*keys, None})


class Workloads(unittest.TestCase):
    def test_windows_are_whole(self):
        # A client may round a window up; then its count would not be that of the others.
        for run in workloads.RUNS:
            part = {"window": 900, "mix": 450}.get(run.workload, 1)
            for numbers in (run.numbers, run.quick, run.slow or run.numbers):
                self.assertEqual(numbers[0] % part if numbers else 0, 0, run.key)

    def test_counts(self):
        self.assertEqual(workloads.expected("streams", (1000, 200, 64)), 200000)
        self.assertEqual(workloads.expected("window", (900, 64)), 900)
        self.assertIsNone(workloads.expected("ping", (5,)))
        self.assertEqual(workloads.count("ping", (5,)), 5)
        self.assertEqual(workloads.count("large", (50000000,)), 1)

    def test_slow_clients_get_less(self):
        slow = next(client for client in clients.CLIENTS if client.slow)
        fast = next(client for client in clients.CLIENTS if not client.slow)
        run = workloads.Run("k", "window", (9, 1), (1, 1), slow=(5, 1), slow_once=True)
        self.assertEqual(run.numbers_for(slow, quick=False), (5, 1))
        self.assertEqual(run.numbers_for(fast, quick=False), (9, 1))
        self.assertEqual(run.numbers_for(slow, quick=True), (1, 1))
        self.assertTrue(run.wants(slow, 0))
        self.assertFalse(run.wants(slow, 1))
        self.assertTrue(run.wants(slow, 1, beside_fast=False))
        self.assertTrue(run.wants(fast, 1))

    def test_unknown_names_are_errors(self):
        self.assertEqual([run.key for run in workloads.chosen(["ping"])], ["ping"])
        self.assertEqual(len(workloads.chosen(["window"])), 4)
        self.assertEqual([client.name for client in clients.chosen(["raw"])], ["raw"])
        for choose in (workloads.chosen, clients.chosen):
            self.assertRaises(ValueError, choose, ["nonsense"])

    def test_a_binding_has_a_peer_that_is_an_official_sdk(self):
        official = {client.name for client in clients.CLIENTS if client.kind == "official"}
        for client in clients.CLIENTS:
            self.assertEqual(client.peer is not None, client.kind == "binding")
            self.assertIn(client.peer, {*official, None})
            self.assertEqual(client.share is not None, client.kind == "binding")

    def test_versions_are_pinned(self):
        for client in clients.CLIENTS:
            if client.kind == "official":
                self.assertRegex(clients.version(client.name), r"^\d+\.\d+\.\d+")


class Table(unittest.TestCase):
    def test_numbers(self):
        for value, text in ((0, "0"), (0.0612, "0.0612"), (0.449, "0.449"), (4.83, "4.83"), (97.31, "97.3"),
                            (117400, "117,400"), (999.4, "999"), (-2.5, "-2.50"), (None, "–")):
            self.assertEqual(table.number(value), text)

    def test_lines(self):
        records = [record("window-64", "c-thread", 0, cpu_s=0.18), record("window-64", "c-thread", 1, cpu_s=0.18),
                   record("window-64", "raw", 0, cpu_s=0.09), record("window-64", "raw", 1, cpu_s=0.09),
                   record("window-64", "official-rust", 0, cpu_s=0.36)]
        text = table.table(figures.cells(records, CLIENTS), {"window-64": (90000, 64)}, repetitions=2)
        self.assertIn("CPU per event, 64 B (µs); goal: at most 0.45 µs", text)
        lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.startswith("  c-") or
                 line.startswith("  o")}
        self.assertEqual(lines["c-thread"], ["2.00", "0.500x", "2.00x", "missed"])
        self.assertEqual(lines["official-rust"], ["4.00", "1.00x", "4.00x", "(1", "of", "2", "runs)"])

    def test_columns_are_of_what_took_part(self):
        records = [record("window-64", "python", 0, cpu_s=0.3), record("window-64", "official-python", 0, cpu_s=1.2)]
        text = table.table(figures.cells(records, CLIENTS), {"window-64": (90000, 64)}, repetitions=1)
        self.assertIn("x official", text.splitlines()[0])
        self.assertNotIn("x official-rust", text)
        self.assertNotIn("x raw", text)
        line = next(line for line in text.splitlines() if line.startswith("  python"))
        self.assertEqual(line.split(), ["python", "3.33", "0.250x", "met"])

    def test_a_heading_names_the_numbers_of_the_run(self):
        records = [record("large", "c-thread", 0, cpu_s=0.05, rss_peak_kb=2048, rss_base_kb=1024)]
        text = table.table(figures.cells(records, CLIENTS), {"large": (50000000,)}, repetitions=1)
        self.assertIn("Message of 50,000,000 bytes: CPU (s); goal: at most 0.06 s", text)

    def test_losses(self):
        records = [record("burst", "c-thread", 0, received=20000, in_order=True),
                   record("burst", "official-rust", 0, received=19000, in_order=True),
                   record("burst", "official-rust", 1, received=2000, in_order=True),
                   record("streams", "raw", 0, received=200000, in_order=False),
                   record("ping", "raw", 0)]
        self.assertEqual(table.losses(records), [
            "official-rust, burst: 18,000 of 20,000 did not arrive",
            "raw, streams: 0 of 200,000 did not arrive, not in order",
        ])


if __name__ == "__main__":
    unittest.main()
