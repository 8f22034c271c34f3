"""Write a selector for BestOfN in Python: one file, standard library only, Python 3.9 or newer.

    import bestofn

    def score(problem, candidates, host):
        return [len(candidate["program"]) for candidate in candidates]

    bestofn.run(score, name="longest-program")

`score` gets a problem (id, statement, starterCode, difficulty, ...), its candidates (index, model, sample, program, and tokens where
required) and the host, and returns one score per candidate, in order: a finite number (higher is better), a pair of a number and its
step rewards, or rejected("why"). What it prints goes to standard error; an exception fails that problem alone.
"""
import json
import math
import os
import sys
import threading
import traceback

PROTOCOL = 1


class rejected:
    """A score that says no: such a candidate is chosen only if all are rejected."""

    def __init__(self, reason):
        self.reason = str(reason)


class Retry(Exception):
    """Raise it from score for trouble that may pass; the problem is tried once more."""


class HostError(Exception):
    """The host could not do what was asked of it."""


class Host:
    """What the harness offers while one problem is scored."""

    def __init__(self, connection, request, options):
        self._connection = connection
        self._id = request["id"]
        self.options = options
        #: A seed of this selector and problem alone.
        self.seed = request["seed"]
        #: The tests that the statement shows, where required.
        self.public_tests = request.get("publicTests") or []
        self._cost = {}

    def language_model(self, role, user, system=None, max_tokens=512, temperature=0.0, seed=None, top_log_probs=0):
        """Asks a language model of the experiment; returns {"text": ..., "firstToken": {token: log-probability}}."""
        request = {"user": user, "maxTokens": max_tokens, "temperature": temperature, "topLogProbs": top_log_probs}
        if system is not None:
            request["system"] = system
        if seed is not None:
            request["seed"] = seed
        return self._connection.call({"id": self._id, "languageModel": role, "request": request})

    def reward(self, role, prefixes):
        """Asks a reward model of the experiment for the rewards of a program's prefixes, shortest first."""
        return self._connection.call({"id": self._id, "rewardModel": role, "prefixes": list(prefixes)})["rewards"]

    def spend(self, **counts):
        """Reports cost of one's own: calls, promptTokens, completionTokens, forwardPasses, cpuSeconds."""
        for name, count in counts.items():
            self._cost[name] = self._cost.get(name, 0) + count


class _Connection:
    def __init__(self, lines, output):
        self._lines, self._output = lines, output
        self._writing, self._state = threading.Lock(), threading.Condition()
        self._calls, self._replies = 0, {}
        self._is_closed = False

    def send(self, message):
        data = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
        with self._writing:
            self._output.write(data.encode("utf-8", "surrogatepass"))
            self._output.flush()

    def call(self, message):
        with self._state:
            self._calls += 1
            number = self._calls
        self.send(dict(message, call=number))
        with self._state:
            self._state.wait_for(lambda: number in self._replies or self._is_closed)
            reply = self._replies.pop(number, None)
        if reply is None:
            raise HostError("the host is gone")
        if reply.get("error"):
            raise HostError(reply["error"]["message"])
        return reply["response"]

    def requests(self):
        """The host's requests; replies to calls are passed on to those who wait for them."""
        for line in self._lines:
            message = json.loads(line)
            if "call" in message:
                with self._state:
                    self._replies[message["call"]] = message
                    self._state.notify_all()
            else:
                yield message
        with self._state:
            self._is_closed = True
            self._state.notify_all()


def _plain(score):
    """A score as the protocol writes it."""
    if isinstance(score, rejected):
        return {"rejected": score.reason}
    value, steps = score if isinstance(score, tuple) else (score, None)
    numbers = [float(number) for number in [value] + list(steps or [])]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("the score %r is not finite; return rejected(\"why\") instead" % (score,))
    return {"value": numbers[0], "steps": numbers[1:]} if steps else {"value": numbers[0]}


def _answer(score, connection, request, options):
    host = Host(connection, request, options)
    try:
        scores = [_plain(one) for one in score(request["problem"], request["candidates"], host)]
        if len(scores) != len(request["candidates"]):
            raise ValueError("%d scores for %d candidates" % (len(scores), len(request["candidates"])))
        message = {"id": request["id"], "scores": scores}
        if host._cost:
            message["cost"] = host._cost
    except Exception as error:
        traceback.print_exc()
        text = "%s: %s" % (type(error).__name__, error)
        message = {"id": request["id"], "error": {"message": text, "retryable": isinstance(error, Retry)}}
    connection.send(message)


def run(score, name, version=1, scope="candidate", requirements=(), summary="", max_in_flight=1):
    """Serves the harness until it closes standard input.

    version: raise it whenever the same pool can get other scores. scope: "candidate" if a score does not depend on the other
    candidates, else "pool". requirements: "tokenStatistics", "publicTests", {"languageModel": role}, {"rewardModel": role}.
    max_in_flight: how many problems may be scored at the same time, each in a thread of its own.
    """
    output = os.fdopen(os.dup(1), "wb")
    # Whatever the program prints must not end up among the protocol's lines.
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    connection = _Connection(sys.stdin.buffer, output)
    requests = connection.requests()
    greeting = next(requests, None)
    if greeting is None:
        return
    connection.send({
        "protocol": PROTOCOL,
        "selector": {"name": name, "version": version, "scope": scope, "requirements": list(requirements), "summary": summary},
        "maxInFlight": max_in_flight,
    })
    options = greeting.get("options") or {}
    # Calls to the host are answered on this thread, so requests that make calls run on others.
    makes_calls = any(isinstance(requirement, dict) for requirement in requirements)
    for request in requests:
        if max_in_flight == 1 and not makes_calls:
            _answer(score, connection, request, options)
        else:
            arguments = (score, connection, request, options)
            threading.Thread(target=_answer, args=arguments, daemon=True).start()
