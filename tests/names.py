"""A name server on this machine: it answers text records that a test sets, else "no such name"."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer:
    """Answers TXT questions over UDP from `texts`; `broken` makes it fail each of them."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.broken = False
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens, in the form of DNS_SERVERS."""
        host, port = self.socket.getsockname()
        return f"{host}:{port}"

    def clear(self) -> None:
        """Forget what a test has set."""
        self.texts.clear()
        self.asked.clear()
        self.broken = False

    def _serve(self) -> None:
        while True:
            wire, peer = self.socket.recvfrom(4096)
            self.socket.sendto(self._answer(wire), peer)

    def _answer(self, wire: bytes) -> bytes:
        question = dns.message.from_wire(wire)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = str(question.question[0].name).rstrip(".")
        self.asked.append(name)
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif self.texts.get(name):
            quoted = [f'"{text}"' for text in self.texts[name]]
            answer.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
