"""Writes copies of the replicated log's sources in which one rule each can be broken at run time.

    mutate.py REPOSITORY OUTPUT

A mutant is (name, file, what stands there, what stands there instead); {M} becomes "this mutant is on". Every
text must be found exactly once: who changes the source changes it here, too. Also writes mutants.cpp with the
names, numbered from 1.
"""

import pathlib
import sys

ELECTION = "replicated_log_election.cpp"
ENTRIES = "replicated_log_entries.cpp"
LOG = "replicated_log.cpp"
TAKEOVER = "replicated_log_takeover.cpp"

MUTANTS = [
    ("votes twice in a term", ELECTION,
     "granted = (m_votedFor.empty()", "granted = ({M} || m_votedFor.empty()"),
    ("votes for a shorter log", ELECTION,
     "return request.lastIndex >= m_entries.lastIndex();",
     "return {M} || request.lastIndex >= m_entries.lastIndex();"),
    ("votes for an older log", ELECTION,
     "return request.lastTerm > m_entries.lastTerm();",
     "return {M} || request.lastTerm > m_entries.lastTerm();"),
    ("does not store its vote", ELECTION,
     "m_votedFor = from;\n            m_outbox.writeBallot({m_term, m_votedFor});",
     "m_votedFor = from;\n            if (!{M}) m_outbox.writeBallot({m_term, m_votedFor});"),
    ("does not store that it stands", ELECTION,
     "m_votedFor = m_options.self;\n    m_outbox.writeBallot({m_term, m_votedFor});",
     "m_votedFor = m_options.self;\n    if (!{M}) m_outbox.writeBallot({m_term, m_votedFor});"),
    ("does not store a new term", LOG,
     "m_votedFor = NodeId();\n        m_outbox.writeBallot({m_term, m_votedFor});",
     "m_votedFor = NodeId();\n        if (!{M}) m_outbox.writeBallot({m_term, m_votedFor});"),
    ("sends before it is stored", "log_outbox.cpp",
     "m_messages.front().after > m_written", "(!{M} && m_messages.front().after > m_written)"),
    ("counts its own vote before it is stored", ELECTION,
     "m_election.begin(m_term, false);",
     "m_election.begin(m_term, false);\n"
     "    if ({M}) m_election.grant(m_term, false, m_options.self, m_incarnation);"),
    ("counts its own copy before it is stored", ENTRIES,
     "heldByMajority(voting(), m_incarnation, m_outbox.durable())",
     "heldByMajority(voting(), m_incarnation, {M} ? m_entries.lastIndex() : m_outbox.durable())"),
    ("applies before it is stored", LOG,
     "const LogIndex upTo = std::min(m_commit, m_outbox.durable());",
     "const LogIndex upTo = {M} ? m_commit : std::min(m_commit, m_outbox.durable());"),
    ("does not store that entries were taken back", ENTRIES,
     "m_outbox.writeTruncation(entry.index - 1);",
     "if (!{M}) m_outbox.writeTruncation(entry.index - 1);"),
    ("is never content with its leader", "election.cpp",
     "return m_heardAt && now", "return !{M} && m_heardAt && now"),
    ("forgets its leader when it starts", "election.cpp",
     "m_heardAt(now) {\n    wait(now);", "m_heardAt(now) {\n    wait(now);\n    if ({M}) m_heardAt.reset();"),
    ("stands without asking first", ELECTION,
     "m_role = Role::PreCandidate;\n", "m_role = Role::PreCandidate;\n    if ({M}) return becomeCandidate();\n"),
    ("counts any answer as a vote", "election.cpp",
     "if (term == m_term && prevote == m_prevote) {",
     "if ({M} || (term == m_term && prevote == m_prevote)) {"),
    ("commits entries of earlier terms by counting copies", ENTRIES,
     "if (held > m_commit && m_entries.termAt(held) == m_term) {",
     "if (held > m_commit && ({M} || m_entries.termAt(held) == m_term)) {"),
    ("asks only the new voters during a change", "voter_weights.cpp",
     "return !voting.isJoint() || isMajority", "return {M} || !voting.isJoint() || isMajority"),
    ("asks only the old voters during a change", "voter_weights.cpp",
     "if (!isMajority(voting.now, test)) {",
     "if ({M} && voting.isJoint()) {\n        return isMajority(voting.before, test);\n    }\n"
     "    if (!isMajority(voting.now, test)) {"),
    ("ends a change before it is committed", ENTRIES,
     "m_commit < m_termStart || m_commit < m_entries.votingIndex()",
     "m_commit < m_termStart || (!{M} && m_commit < m_entries.votingIndex())"),
    ("keeps its name when its disk is lost", LOG,
     "m_incarnation = newName(m_options.seed, 2);",
     "m_incarnation = newName({M} ? std::hash<NodeId>{}(m_options.self) : m_options.seed, 2);"),
    ("counts votes of a lost disk's successor", "election.cpp",
     "granted->second == voter.incarnation", "({M} || granted->second == voter.incarnation)"),
    ("counts copies of a lost disk's successor", "log_replication.cpp",
     "peer->second.incarnation == voter.incarnation &&\n                   peer->second.match >= index",
     "({M} || peer->second.incarnation == voter.incarnation) &&\n"
     "                   peer->second.match >= index"),
    ("keeps a new disk's old place in the log", "log_replication.cpp",
     "if (peer.incarnation != answer.incarnation) {",
     "if ({M} && peer.incarnation != 0) {\n        peer.incarnation = answer.incarnation;\n    }\n"
     "    if (peer.incarnation != answer.incarnation) {"),
    ("takes entries whatever is before them", ENTRIES,
     "const bool known = message.previousIndex", "const bool known = {M} || message.previousIndex"),
    ("keeps entries that contradict", ENTRIES,
     "if (m_entries.termAt(entry.index) == entry.term) {",
     "if ({M} || m_entries.termAt(entry.index) == entry.term) {"),
    ("drops entries that do not contradict", ENTRIES,
     "m_entries.termAt(entry.index) == entry.term) {",
     "(m_entries.termAt(entry.index) == entry.term && !({M} && entry.index > m_commit))) {"),
    ("follows a leader of an earlier term", ENTRIES,
     "if (term < m_term) {\n        ++m_counters.oldTerm;\n        to(from, AppendAnswer",
     "if (term < m_term && !({M} && (term = m_term) != 0)) {\n        ++m_counters.oldTerm;\n"
     "        to(from, AppendAnswer"),
    ("commits what it does not have from its leader", ENTRIES,
     "commitUpTo(std::min(message.commit, answer.index));",
     "commitUpTo({M} ? message.commit : std::min(message.commit, answer.index));"),
    ("a late snapshot drops what followed it", ENTRIES,
     "if (m_entries.termAt(snapshot.index) == snapshot.term) {",
     "if (!{M} && m_entries.termAt(snapshot.index) == snapshot.term) {"),
    ("a late snapshot takes it back in time", ENTRIES,
     "if (snapshot.index > m_commit) {", "if ({M} || snapshot.index > m_commit) {"),
    ("leads on when it hears of a later term", ENTRIES,
     "if (answer.term > m_term) {", "if (!{M} && answer.term > m_term) {"),
    ("counts copies that were confirmed in an earlier term", ENTRIES,
     "answer.term < m_term) {\n        ++m_counters.oldTerm;\n    } else {",
     "(!{M} && answer.term < m_term)) {\n        ++m_counters.oldTerm;\n    } else {"),
    ("leads on when nobody answers", ENTRIES,
     "m_now) >= m_times.stepDown) {", "m_now) >= m_times.stepDown && !{M}) {"),
    ("counts its lease from when answers came", "log_replication.cpp",
     "std::max(peer.answeredFor, peer.sent.front().sentAt)",
     "std::max(peer.answeredFor, {M} ? now : peer.sent.front().sentAt)"),
    ("the dead keep their votes", "voter_weights.cpp",
     "if (sameDisk && candidate.live) {", "if (sameDisk && ({M} || candidate.live)) {"),
    ("gives nobody two votes", "voter_weights.cpp",
     "chosen.size() % 2 == 0", "!{M} && chosen.size() % 2 == 0"),
    ("leads on without a vote", ENTRIES,
     "if (!votes()) {\n        follow", "if (!{M} && !votes()) {\n        follow"),
    ("does not stand although only it knows who votes", ELECTION,
     "(votes() || (unsure", "(votes() || (!{M} && unsure"),
    ("founds a log without asking", LOG,
     "if (2 * (m_withoutLog.size() + 1) <= m_options.nodes.size()) {",
     "if (!{M} && 2 * (m_withoutLog.size() + 1) <= m_options.nodes.size()) {"),
    ("takes entries without end", LOG,
     "if (m_entries.lastIndex() - m_commit >= kUncommittedEntriesMax ||",
     "if ((!{M} && m_entries.lastIndex() - m_commit >= kUncommittedEntriesMax) ||"),
    ("stands with the voters of a branch that was given up", ELECTION,
     "return hasJoined() &&", "return ({M} || hasJoined()) &&"),
    ("keeps what was committed in a branch that was given up", ENTRIES,
     "if (contradicts(message)) {", "if (!{M} && contradicts(message)) {"),
    ("goes back to a branch that was given up", LOG,
     "if (supersedes(theirs, m_lineage) &&",
     "if ((supersedes(theirs, m_lineage) || ({M} && isSameLog(theirs, m_lineage))) &&"),
    ("takes over with less than others have", TAKEOVER,
     "other != m_options.self) {", "!{M} && other != m_options.self) {"),
    ("takes over with the terms of before", TAKEOVER,
     "follow(firstTermOf(m_lineage), NodeId());", "if (!{M}) follow(firstTermOf(m_lineage), NodeId());"),
]


def main(repository: pathlib.Path, output: pathlib.Path) -> int:
    sources: dict[str, str] = {}
    for number, (name, file, before, after) in enumerate(MUTANTS, 1):
        text = sources.setdefault(file, (repository / "core/protocol" / file).read_text())
        if text.count(before) != 1:
            print(f"mutate.py: \"{name}\": the text to change stands {text.count(before)} times in {file}, "
                  f"not once:\n{before}", file=sys.stderr)
            return 1
        sources[file] = text.replace(before, after.replace("{M}", f"(mutantOn == {number})"))
    output.mkdir(parents=True, exist_ok=True)
    for file, text in sources.items():
        head, tail = text.split("namespace longship {", 1)
        (output / file).write_text(f"{head}namespace longship {{ extern int mutantOn; }}\nnamespace longship {{{tail}")
    names = "".join(f'    "{name}",\n' for name, *_ in MUTANTS)
    (output / "mutants.cpp").write_text(
        f"#include <string>\n#include <vector>\n\nnamespace longship {{\nint mutantOn = 0;\n"
        f"const std::vector<std::string>& mutantNames() {{\n    static const std::vector<std::string> names{{\n"
        f"{names}    }};\n    return names;\n}}\n}}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
