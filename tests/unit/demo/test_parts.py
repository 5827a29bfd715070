"""The small parts of the one-machine stack: ports, keys, wanted copies, endings that repeat."""

import socket
from pathlib import Path

import pytest

from demo.__main__ import wanted_copies
from demo.errors import Interrupted, StackError
from demo.mailcatcher import Fault, Faults
from demo.ports import Ports, demand_free, free_port
from demo.state import State
from demo.waiting import wait_until
from demo.watch import Endings


def test_the_documented_ports() -> None:
    ports = Ports.fixed()
    assert (ports.portal, ports.intake, ports.tickets, ports.routing, ports.notifier) == (8100, 8101, 8102, 8103, 8104)
    assert (ports.mails, ports.smtp, ports.site, ports.www, ports.faq) == (8180, 8125, 8190, 8191, 8192)


def test_free_ports_are_below_those_of_outgoing_connections_and_never_given_twice() -> None:
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50
    assert all(20000 <= port < 32000 for port in given)


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"^Port {port} \(for intake\) is taken by .*BASE_PORT=9100"):
            demand_free(port, "intake")
    demand_free(port, "intake")


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    keys = State(tmp_path).keys()
    assert keys == State(tmp_path).keys()
    assert set(keys) == {"INTERNAL_KEY", "SIGNING_KEY"}
    assert all(len(key) >= 32 for key in keys.values())
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_the_logs_of_the_last_run_are_kept_one_run_long(tmp_path: Path) -> None:
    state = State(tmp_path)
    for text in ("first", "second"):
        state.new_logs()
        (state.logs / "tickets-1.log").write_text(text, encoding="utf-8")
    state.new_logs()
    assert list(state.logs.iterdir()) == []
    assert (tmp_path / "logs.before" / "tickets-1.log").read_text(encoding="utf-8") == "second"


def test_copies_are_read_as_people_write_them() -> None:
    assert wanted_copies("tickets=3 intake=2") == wanted_copies("tickets=3,intake=2") == {"tickets": 3, "intake": 2}
    assert wanted_copies("") == {}


@pytest.mark.parametrize("wrong", ["tickets", "tickets=", "tickets=x", "tickets=-1", "tickets=21", "store=2"])
def test_copies_that_make_no_sense_are_told(wrong: str) -> None:
    with pytest.raises(StackError, match=f"'{wrong}' is not understood: write for example tickets=3"):
        wanted_copies(wrong)


def test_what_keeps_ending_is_left_alone_until_it_has_behaved_for_a_minute() -> None:
    endings = Endings()
    assert [endings.may_start_again("tickets-1", at) for at in (0.0, 5.0, 10.0, 15.0)] == [True, True, True, False]
    assert endings.may_start_again("intake-1", 15.0)
    assert endings.may_start_again("tickets-1", 90.0)


def test_faults_count_and_match_like_file_names() -> None:
    faults = Faults([Fault(match="*@full.example", does="refuse", times=1), Fault(match="Ada@*", does="hang")])
    assert faults.take(["ada@x.example"], "refuse") is None
    assert faults.take(["bob@FULL.example"], "refuse")
    assert faults.take(["bob@full.example"], "refuse") is None
    assert faults.take(["bob@x.example", "ada@x.example"], "hang", "drop")


def test_waiting_ends_when_given_up() -> None:
    import threading

    given_up = threading.Event()
    given_up.set()
    with pytest.raises(Interrupted):
        wait_until(lambda: False, 10, given_up=given_up)
    assert not wait_until(lambda: False, 0)
    assert wait_until(lambda: True, 0)
