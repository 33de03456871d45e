#pragma once

#include <string>

/// What runs on nodes: POSIX shell with the tools that every Linux has (tar, sha256sum, find, du). Run by
/// NodeShell, which sets -eu, umask 077 and $B, Longship's folder there:
///
///   store/SHA256          every file once, whatever version it belongs to
///   versions/ID/          a version: links into the store, and its manifest
///   current               ids of the current version and the one before; replaced by a rename
///   datasets/CONTENT/     the data of a job: links into the store, and their manifest
///   agents/CLUSTER/home/  the agent's home
///   incoming-TOKEN/       an upload under way
namespace longship::node_scripts {

/// No arguments. "key=value" lines, among them one "blob=BYTES SHA256" for each file of the store.
extern const std::string kProbe;

/// token. Then a tar archive of files named by their SHA-256. What arrived whole is kept even when the stream
/// breaks off; what does not match its name is thrown away.
extern const std::string kUpload;

/// token, token, "tool", "SHA256 PATH" … of the agent's files, ".". Then packed files (core/deploy/pack),
/// which the agent's program puts into the store.
extern const std::string kUnpack;

/// SHA-256 … ".": their bytes, one after another.
extern const std::string kReadBack;

/// token, id, "SHA256 PATH" …, ".". Makes the version, makes it the current one, removes what is too old.
extern const std::string kSwitch;

/// token, content, folder where the machine may have the files anyway, SHA-256 …, ".". "have=yes" when all is
/// there; one "blob=BYTES SHA256" for each of the files that the store has, or has now.
extern const std::string kDataLook;

/// token, content, "SHA256 PATH" …, ".". Makes the folder of a content; removes those not asked for in a
/// month.
extern const std::string kDataPlace;

/// folder. "have=yes" when there is one.
extern const std::string kDataUsual;

/// cluster, node, owner key. Ends an agent of another version, starts one where none runs, sees to it that it
/// is started when the machine is, where the user may do that. "started=yes|no",
/// "after_reboot=systemd|cron|no", "died=WHY" once after its agent has died, "endpoint" and its endpoint
/// file.
extern const std::string kStart;

/// cluster. Prints the endpoint file of the agent that runs, or nothing.
extern const std::string kFindAgent;

/// No arguments. Runs the current version's probe of links (core/telemetry/link_probe.h), which is driven by
/// what follows.
extern const std::string kMeasureLinks;

/// cluster. Ends the agent and what would start it again, removes its home, and everything else of ours where
/// no other cluster's agent is left. Prints how many KiB that freed.
extern const std::string kRemove;

}  // namespace longship::node_scripts
