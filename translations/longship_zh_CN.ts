<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>BoardWords</name>
    <message>
        <source>Worker</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>Parameter server</source>
        <translation>参数服务器</translation>
    </message>
    <message>
        <source>asked to move to %1…</source>
        <translation>已请求移到 %1…</translation>
    </message>
    <message>
        <source>moves to %1: it gets ready there</source>
        <translation>正移到 %1：在那里准备</translation>
    </message>
    <message>
        <source>rank %1, %2 of each batch</source>
        <translation>序号 %1，每批的 %2</translation>
    </message>
    <message>
        <source>serves parameters</source>
        <translation>提供参数</translation>
    </message>
    <message>
        <source>hands its parameters over</source>
        <translation>正在交出其参数</translation>
    </message>
    <message>
        <source>the cluster does not answer</source>
        <translation>集群无响应</translation>
    </message>
    <message>
        <source>the run does not train</source>
        <translation>运行未在训练</translation>
    </message>
    <message>
        <source>it moves already</source>
        <translation>已在移动</translation>
    </message>
    <message>
        <source>it is there</source>
        <translation>就在那里</translation>
    </message>
    <message>
        <source>drained</source>
        <translation>已排空</translation>
    </message>
    <message>
        <source>does not answer</source>
        <translation>无响应</translation>
    </message>
    <message>
        <source>no free slot</source>
        <translation>没有空位</translation>
    </message>
    <message>
        <source>The cluster does not answer.</source>
        <translation>集群无响应。</translation>
    </message>
    <message>
        <source>The run does not train: nothing can be moved.</source>
        <translation>运行未在训练：无法移动任何任务。</translation>
    </message>
    <message>
        <source>%1 is being moved already.</source>
        <translation>%1 已在移动。</translation>
    </message>
    <message>
        <source>%1 is on %2 already.</source>
        <translation>%1 已在 %2 上。</translation>
    </message>
    <message>
        <source>%1 is drained. Undrain it first, or choose another node.</source>
        <translation>%1 已排空。请先解除排空，或选择另一个节点。</translation>
    </message>
    <message>
        <source>%1 does not answer.</source>
        <translation>%1 无响应。</translation>
    </message>
    <message>
        <source>%1 has no free slot: %2 is there.</source>
        <translation>%1 没有空位：%2 在那里。</translation>
    </message>
    <message>
        <source>%1 → %2.</source>
        <translation>%1 → %2。</translation>
    </message>
    <message>
        <source>about %1, as when this run started</source>
        <translation>约 %1，与本次运行启动时相同</translation>
    </message>
    <message>
        <source>some seconds</source>
        <translation>几秒</translation>
    </message>
    <message>
        <source>It gets ready there (%1) while training goes on.</source>
        <translation>它在那里准备（%1），训练照常进行。</translation>
    </message>
    <message>
        <source>It gets ready there (%1); the others train on meanwhile.</source>
        <translation>它在那里准备（%1）；其他任务同时继续训练。</translation>
    </message>
    <message>
        <source>Then training pauses for one membership change: %1 the last time.</source>
        <translation>然后训练为一次成员变更而暂停：上一次用了 %1。</translation>
    </message>
    <message>
        <source>Then training pauses for one membership change; how long is not known yet.</source>
        <translation>然后训练为一次成员变更而暂停；时长尚不清楚。</translation>
    </message>
    <message>
        <source>No step and no sample is lost.</source>
        <translation>不会丢失任何步骤或样本。</translation>
    </message>
    <message>
        <source>%1 since %2</source>
        <translation>%1，自 %2 起</translation>
    </message>
    <message>
        <source>%1: trouble since %2</source>
        <translation>%1：自 %2 起有故障</translation>
    </message>
    <message>
        <source>Done: %1</source>
        <translation>Longship 的处理：%1</translation>
    </message>
    <message>
        <source>Kill the worker</source>
        <translation>终止工作进程</translation>
    </message>
    <message>
        <source>Kill the agent</source>
        <translation>终止代理</translation>
    </message>
    <message>
        <source>Freeze the worker</source>
        <translation>冻结工作进程</translation>
    </message>
    <message>
        <source>Slow its links down</source>
        <translation>拖慢它的连接</translation>
    </message>
    <message>
        <source>Cut it off from the others</source>
        <translation>将它与其他节点隔断</translation>
    </message>
    <message>
        <source>Fill its disk</source>
        <translation>占满它的磁盘</translation>
    </message>
    <message>
        <source>Kill the leader</source>
        <translation>终止主导节点的代理</translation>
    </message>
    <message>
        <source>The worker&apos;s process is killed. The others should go on within a second or two, and its agent starts it again.</source>
        <translation>工作进程的进程被终止。其他任务应在一两秒内继续，其代理会重新启动它。</translation>
    </message>
    <message>
        <source>The agent is killed, and its worker with it, as if the plug were pulled. The others should go on within some seconds.</source>
        <translation>代理连同其工作进程被终止，如同拔掉电源。其他任务应在几秒内继续。</translation>
    </message>
    <message>
        <source>The worker stands still for a while, as if its machine hung. It is left out until it answers again.</source>
        <translation>工作进程停住一段时间，如同机器卡死。在它再次响应之前不再等它。</translation>
    </message>
    <message>
        <source>All its links run at a hundredth of their speed for a while.</source>
        <translation>它的所有连接在一段时间内只有百分之一的速度。</translation>
    </message>
    <message>
        <source>It hears nobody for a while, and nobody hears it.</source>
        <translation>一段时间内它听不到任何节点，也没有节点听得到它。</translation>
    </message>
    <message>
        <source>Nothing can be written on its disk for a while.</source>
        <translation>一段时间内无法写入它的磁盘。</translation>
    </message>
    <message>
        <source>The agent that leads is killed. Another one should lead within a second or two.</source>
        <translation>主导的代理被终止。另一个代理应在一两秒内接替。</translation>
    </message>
    <message>
        <source>Done on %1: %2. What came of it stands here and on the curves.</source>
        <translation>已在 %1 上执行：%2。结果会显示在这里和曲线上。</translation>
    </message>
</context>
<context>
    <name>ClusterWords</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Host key</source>
        <translation>主机密钥</translation>
    </message>
    <message>
        <source>Login</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>Shell</source>
        <translation>Shell</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>主目录</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>Clock</source>
        <translation>时钟</translation>
    </message>
    <message>
        <source>Stays</source>
        <translation>驻留</translation>
    </message>
    <message>
        <source>Reach</source>
        <translation>互通</translation>
    </message>
    <message>
        <source>Probe</source>
        <translation>探测</translation>
    </message>
    <message>
        <source>Data port</source>
        <translation>数据端口</translation>
    </message>
    <message>
        <source>Bandwidth</source>
        <translation>带宽</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>good</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>bad</source>
        <translation>异常</translation>
    </message>
    <message>
        <source>Choose a Linux machine of the same kind as this one.</source>
        <translation>请选择与本机同类的 Linux 机器。</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Removed</source>
        <translation>已移除</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>Looking</source>
        <translation>正在查看</translation>
    </message>
    <message>
        <source>Uploading</source>
        <translation>正在上传</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>正在校验</translation>
    </message>
    <message>
        <source>Switching</source>
        <translation>正在切换</translation>
    </message>
    <message>
        <source>Starting the agent</source>
        <translation>正在启动 agent</translation>
    </message>
    <message>
        <source>Proving it stays</source>
        <translation>确认其持续运行</translation>
    </message>
    <message>
        <source>%1: %2 of %3</source>
        <translation>%1：%2 / %3</translation>
    </message>
    <message>
        <source>%1 sent</source>
        <translation>已发送 %1</translation>
    </message>
    <message>
        <source>All was there already</source>
        <translation>全部已就位</translation>
    </message>
    <message>
        <source>%1 freed</source>
        <translation>已释放 %1</translation>
    </message>
    <message>
        <source>What arrived is kept and not sent again</source>
        <translation>已送达的部分会保留，不会重发</translation>
    </message>
    <message>
        <source>Passphrase of the key %1</source>
        <translation>密钥 %1 的口令</translation>
    </message>
    <message>
        <source>Password of %1</source>
        <translation>%1 的密码</translation>
    </message>
    <message>
        <source>%1 asks: %2</source>
        <translation>%1 询问：%2</translation>
    </message>
    <message>
        <source>Putting it in place</source>
        <translation>正在就位</translation>
    </message>
    <message>
        <source>Uploading libtorch</source>
        <translation>正在上传 libtorch</translation>
    </message>
</context>
<context>
    <name>Dialogs</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Samples read</source>
        <translation>已读样本</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>应有</translation>
    </message>
    <message>
        <source>Steps missing</source>
        <translation>缺失步</translation>
    </message>
    <message>
        <source>Steps that differ</source>
        <translation>不符步</translation>
    </message>
    <message>
        <source>Every sample was used exactly once</source>
        <translation>每个样本恰好使用一次</translation>
    </message>
    <message>
        <source>Not every sample was used exactly once</source>
        <translation>并非每个样本都恰好使用一次</translation>
    </message>
    <message>
        <source>Each step keeps a digest of the samples that the workers really read. Longship compares them with the samples that belong to the step; the plan that the workers followed is not trusted. The command “longship verify %1” does the same.</source>
        <translation>每一步都保存了工作进程实际读取样本的摘要。Longship 将其与该步应有的样本比对，而不是相信工作进程所依据的计划。命令“longship verify %1”做同样的检查。</translation>
    </message>
    <message>
        <source>SHA-256 of the final parameters, equal on all workers:</source>
        <translation>最终参数的 SHA-256，所有工作进程一致：</translation>
    </message>
    <message>
        <source>The model is saved</source>
        <translation>模型已保存</translation>
    </message>
    <message>
        <source>%1
These lines of Python load it, with the packages safetensors and torch:</source>
        <translation>%1
用以下 Python 代码加载（需要 safetensors 和 torch 包）:</translation>
    </message>
    <message>
        <source>Python that loads the model</source>
        <translation>加载模型的 Python 代码</translation>
    </message>
    <message>
        <source>Stop the run?</source>
        <translation>要停止运行吗?</translation>
    </message>
    <message>
        <source>“%1” ends after the current step. What it learned so far is kept as its model; the run cannot go on later.</source>
        <translation>“%1”将在当前步之后结束。已学到的内容会保存为模型，但这次运行之后不能继续。</translation>
    </message>
    <message>
        <source>Stop the run</source>
        <translation>停止运行</translation>
    </message>
    <message>
        <source>Go on training</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>Longship</source>
        <translation>Longship</translation>
    </message>
    <message>
        <source>About Longship</source>
        <translation>关于 Longship</translation>
    </message>
    <message>
        <source>Longship %1

Trains models on a handful of machines that work together. A run belongs to the nodes: it goes on when this window is closed.

Free software, GPL-3.0-or-later.</source>
        <translation>Longship %1

让几台机器协同训练模型。运行属于各个节点：关闭此窗口后仍会继续。

自由软件，GPL-3.0 或更高版本。</translation>
    </message>
    <message>
        <source>Go on without them</source>
        <translation>不等它们，继续</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>DrillDialog</name>
    <message>
        <source>A drill on %1</source>
        <translation>在 %1 上演练</translation>
    </message>
    <message>
        <source>A fault is done to this machine on purpose, while it trains. Training should go on, and nothing should be lost: the run&apos;s incidents and its proof show whether that is so.</source>
        <translation>在训练期间故意使这台机器出故障。训练应继续进行，且不丢失任何内容：运行的事件和证明会显示是否如此。</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>Heals after</source>
        <translation>恢复时间</translation>
    </message>
    <message>
        <source> s</source>
        <translation> 秒</translation>
    </message>
    <message>
        <source>Do it</source>
        <translation>执行</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Findings</name>
    <message>
        <source>good</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>The name %1 cannot be resolved (%2): is it spelled right, or does it need another network or a numeric address?</source>
        <translation>无法解析名称 %1（%2）：拼写是否正确？是否需要别的网络或数字地址？</translation>
    </message>
    <message>
        <source>%1 cannot be reached: nothing listens on port %2: is its SSH server started, and is the port right?</source>
        <translation>无法连接 %1：端口 %2 上没有程序监听。它的 SSH 服务器启动了吗？端口对吗？</translation>
    </message>
    <message>
        <source>%1 cannot be reached: it does not answer: is the machine on, and does a firewall let SSH through?</source>
        <translation>无法连接 %1：没有响应。机器开着吗？防火墙是否放行 SSH？</translation>
    </message>
    <message>
        <source>%1 cannot be reached: there is no way to it from here: is this machine on the right network?</source>
        <translation>无法连接 %1：从这里没有通往它的路。本机是否在正确的网络中？</translation>
    </message>
    <message>
        <source>%1 cannot be reached: %2</source>
        <translation>无法连接 %1：%2</translation>
    </message>
    <message>
        <source>%1: the SSH connection could not be made (%2).</source>
        <translation>%1：无法建立 SSH 连接（%2）。</translation>
    </message>
    <message>
        <source>%1 did not answer in time: %2.</source>
        <translation>%1 没有及时响应：%2。</translation>
    </message>
    <message>
        <source>The connection to %1 was cancelled.</source>
        <translation>到 %1 的连接已取消。</translation>
    </message>
    <message>
        <source>%1 shows another host key than before, so the connection was stopped before anything was said. Shown: %2 %3. Expected: %4 (%5). Somebody may be in between, or the machine was installed anew. Only if you know that it was: %6, then try again.</source>
        <translation>%1 出示的主机密钥与以前不同，因此在交换任何内容之前就中止了连接。出示的：%2 %3。预期的：%4（%5）。可能有人在中间，或者机器重新安装过。只有确定是重新安装时：运行 %6，然后重试。</translation>
    </message>
    <message>
        <source>%1 shows a host key that %2 revokes (%3 %4): nothing was said to it.</source>
        <translation>%1 出示了被 %2 撤销的主机密钥（%3 %4）：没有与它交换任何内容。</translation>
    </message>
    <message>
        <source>%1 shows the host key %2 %3, not %4 as was given: nothing was said to it.</source>
        <translation>%1 出示的主机密钥是 %2 %3，而不是给定的 %4：没有与它交换任何内容。</translation>
    </message>
    <message>
        <source>The host key of %1 is not known and was not accepted: %2 %3. Compare it with what &quot;%4&quot; prints on that machine; the same fingerprint may be given as --host-key.</source>
        <translation>%1 的主机密钥未知，也没有被接受：%2 %3。请与那台机器上“%4”的输出比较；也可以预先给出这个指纹。</translation>
    </message>
    <message>
        <source>%1 does not let us in. Tried: %2. Is the user name right, and is your public key in ~/.ssh/authorized_keys there (ssh-copy-id puts it there)?</source>
        <translation>%1 不允许登录。已尝试：%2。用户名对吗？您的公钥在那里的 ~/.ssh/authorized_keys 中吗（ssh-copy-id 可以放入）？</translation>
    </message>
    <message>
        <source>There is no key file %1.</source>
        <translation>没有密钥文件 %1。</translation>
    </message>
    <message>
        <source>runs commands</source>
        <translation>可以运行命令</translation>
    </message>
    <message>
        <source>runs commands, and prints: %1</source>
        <translation>可以运行命令，并输出：%1</translation>
    </message>
    <message>
        <source>%1 %2, %3 processors, %4</source>
        <translation>%1 %2，%3 个处理器，%4</translation>
    </message>
    <message>
        <source>%1 cannot be written to</source>
        <translation>%1 无法写入</translation>
    </message>
    <message>
        <source>%1 starts no programs (noexec)</source>
        <translation>%1 不能启动程序（noexec）</translation>
    </message>
    <message>
        <source>%1 GB free</source>
        <translation>%1 GB 可用</translation>
    </message>
    <message>
        <source>%1 open files</source>
        <translation>可打开 %1 个文件</translation>
    </message>
    <message>
        <source>all there</source>
        <translation>齐全</translation>
    </message>
    <message>
        <source>%1 missing</source>
        <translation>缺少 %1</translation>
    </message>
    <message>
        <source>agrees with this machine&apos;s</source>
        <translation>与本机一致</translation>
    </message>
    <message>
        <source>%1 s ahead of this machine&apos;s</source>
        <translation>比本机快 %1 秒</translation>
    </message>
    <message>
        <source>%1 s behind this machine&apos;s</source>
        <translation>比本机慢 %1 秒</translation>
    </message>
    <message>
        <source>what a user leaves behind is ended at logout</source>
        <translation>用户退出登录时，其留下的进程会被结束</translation>
    </message>
    <message>
        <source>processes survive a logout</source>
        <translation>退出登录后进程继续运行</translation>
    </message>
    <message>
        <source>%1 port %2 in %3 ms</source>
        <translation>%1 端口 %2，%3 毫秒</translation>
    </message>
    <message>
        <source>listens at %1 port %2</source>
        <translation>在 %1 端口 %2 监听</translation>
    </message>
    <message>
        <source>no programs of ours yet: once they are there, this check also tries data ports, bandwidth and latency</source>
        <translation>还没有我们的程序：部署之后，此项检查还会测试数据端口、带宽和延迟</translation>
    </message>
    <message>
        <source>%1 ms there and back</source>
        <translation>往返 %1 毫秒</translation>
    </message>
</context>
<context>
    <name>IncidentWords</name>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 lost</source>
        <translation>%1 失联</translation>
    </message>
    <message>
        <source>The run failed</source>
        <translation>运行失败</translation>
    </message>
    <message>
        <source>Survived: %1</source>
        <translation>已渡过：%1</translation>
    </message>
    <message>
        <source>The run is paused: %1</source>
        <translation>运行已暂停：%1</translation>
    </message>
    <message>
        <source>Recovering: %1</source>
        <translation>正在恢复：%1</translation>
    </message>
    <message>
        <source>On %1, since %2</source>
        <translation>%1，始于 %2</translation>
    </message>
    <message>
        <source>%1 on %2, since %3</source>
        <translation>%1（%2），始于 %3</translation>
    </message>
    <message>
        <source>Why: %1</source>
        <translation>原因：%1</translation>
    </message>
    <message>
        <source>What Longship did: %1</source>
        <translation>Longship 的处理：%1</translation>
    </message>
    <message>
        <source>Go on without it</source>
        <translation>不带它继续</translation>
    </message>
    <message>
        <source>Move its work to…</source>
        <translation>将其工作移到…</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Stop the run…</source>
        <translation>停止运行…</translation>
    </message>
    <message>
        <source>Training goes on with the workers that are there.</source>
        <translation>用现有的工作进程继续训练。</translation>
    </message>
    <message>
        <source>%1 of %2 workers: about %3 of the speed. The result is the same.</source>
        <translation>%2 个工作进程剩 %1 个：速度约为 %3。结果不变。</translation>
    </message>
    <message>
        <source>Some seconds, until the new worker has loaded the data. Nothing is lost.</source>
        <translation>几秒钟，直到新的工作进程读完数据。不会丢失任何内容。</translation>
    </message>
    <message>
        <source>Time, until %1 is back; then the run goes on by itself. Nothing is lost.</source>
        <translation>时间，直到 %1 恢复；之后运行会自动继续。不会丢失任何内容。</translation>
    </message>
    <message>
        <source>The run ends here and keeps the model as it is.</source>
        <translation>运行在此结束，并保留当前的模型。</translation>
    </message>
    <message>
        <source>Drain</source>
        <translation>排空</translation>
    </message>
    <message>
        <source>Undrain</source>
        <translation>取消排空</translation>
    </message>
    <message>
        <source>The cluster does not answer.</source>
        <translation>集群没有应答。</translation>
    </message>
    <message>
        <source>This node has no work to move.</source>
        <translation>此节点没有可移动的工作。</translation>
    </message>
    <message>
        <source>No other node is free to take its work.</source>
        <translation>没有其他空闲节点可以接手它的工作。</translation>
    </message>
    <message>
        <source>This node is drained already.</source>
        <translation>此节点已排空。</translation>
    </message>
    <message>
        <source>This node is not drained.</source>
        <translation>此节点未排空。</translation>
    </message>
    <message>
        <source>, %1 redone</source>
        <translation>，重做 %1 步</translation>
    </message>
    <message>
        <source>%1 has no node now.</source>
        <translation>%1 目前没有节点。</translation>
    </message>
    <message>
        <source>It cost %1. Steps done again: %2, steps lost: 0.</source>
        <translation>代价：%1。重做步数：%2，丢失步数：0。</translation>
    </message>
    <message>
        <source>Other incidents of this run, marked on the loss curve: %1</source>
        <translation>本次运行的其他事件（已标在损失曲线上）：%1</translation>
    </message>
    <message>
        <source>%1, %2, 0 steps lost</source>
        <translation>%1，%2，丢失 0 步</translation>
    </message>
    <message>
        <source>Since %1</source>
        <translation>始于 %1</translation>
    </message>
    <message>
        <source>Time, until they are back; then the run goes on by itself. Nothing is lost.</source>
        <translation>时间，直到它们恢复；之后运行会自动继续。不会丢失任何内容。</translation>
    </message>
    <message>
        <source>%1 incidents</source>
        <translation>%1 个事件</translation>
    </message>
</context>
<context>
    <name>JobKeyWords</name>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>Placement</source>
        <translation>安排</translation>
    </message>
    <message>
        <source>what to train on</source>
        <translation>用什么数据训练</translation>
    </message>
    <message>
        <source>what is trained</source>
        <translation>训练什么模型</translation>
    </message>
    <message>
        <source>how it learns: the same on any number of nodes</source>
        <translation>怎样学习：与节点数量无关</translation>
    </message>
    <message>
        <source>how the workers&apos; gradients come together</source>
        <translation>工作进程的梯度怎样汇合</translation>
    </message>
    <message>
        <source>where it runs, and what happens when a node is lost</source>
        <translation>在哪里运行，以及节点丢失时怎么办</translation>
    </message>
    <message>
        <source>Name of the run</source>
        <translation>运行名称</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Data that was brought</source>
        <translation>已送达的数据</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Column to predict</source>
        <translation>要预测的列</translation>
    </message>
    <message>
        <source>Part kept for evaluation</source>
        <translation>留作评估的部分</translation>
    </message>
    <message>
        <source>Hidden layers</source>
        <translation>隐藏层</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Momentum</source>
        <translation>动量</translation>
    </message>
    <message>
        <source>Beta 1</source>
        <translation>Beta 1</translation>
    </message>
    <message>
        <source>Beta 2</source>
        <translation>Beta 2</translation>
    </message>
    <message>
        <source>Epsilon</source>
        <translation>Epsilon</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>Global batch</source>
        <translation>全局批量</translation>
    </message>
    <message>
        <source>Micro-batch</source>
        <translation>微批量</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Workers</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>Numerics</source>
        <translation>数值方式</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Traffic between workers</source>
        <translation>工作进程之间的通信</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>Staleness</source>
        <translation>陈旧度</translation>
    </message>
    <message>
        <source>Servers</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>Backup</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>When a node is lost</source>
        <translation>节点丢失时</translation>
    </message>
    <message>
        <source>Silence tolerated</source>
        <translation>容许的沉默时间</translation>
    </message>
    <message>
        <source>Copies of a checkpoint</source>
        <translation>检查点份数</translation>
    </message>
    <message>
        <source>Checkpoint every</source>
        <translation>检查点间隔</translation>
    </message>
    <message>
        <source>of the rows, above 0 and below 1</source>
        <translation>占行数的比例，大于 0 小于 1</translation>
    </message>
    <message>
        <source>widths, such as 1024, 1024</source>
        <translation>宽度，例如 1024, 1024</translation>
    </message>
    <message>
        <source>above 0</source>
        <translation>大于 0</translation>
    </message>
    <message>
        <source>0 or more, below 1</source>
        <translation>大于等于 0，小于 1</translation>
    </message>
    <message>
        <source>0 or more</source>
        <translation>大于等于 0</translation>
    </message>
    <message>
        <source>how often all samples are used</source>
        <translation>全部样本使用的次数</translation>
    </message>
    <message>
        <source>samples per step, over all workers</source>
        <translation>每步的样本数，所有工作进程合计</translation>
    </message>
    <message>
        <source>samples never split; empty: chosen</source>
        <translation>不再拆分的样本数；留空则自动</translation>
    </message>
    <message>
        <source>the same order of samples again</source>
        <translation>相同种子，样本顺序相同</translation>
    </message>
    <message>
        <source>0: one on each ready node</source>
        <translation>0：每个就绪节点一个</translation>
    </message>
    <message>
        <source>reproducible: same bits on any nodes</source>
        <translation>可复现：节点数不同，结果逐位相同</translation>
    </message>
    <message>
        <source>a GPU where a node has one</source>
        <translation>节点有 GPU 时使用</translation>
    </message>
    <message>
        <source>trusted network: unencrypted</source>
        <translation>可信网络：不加密</translation>
    </message>
    <message>
        <source>steps a worker may run ahead</source>
        <translation>工作进程可领先的步数</translation>
    </message>
    <message>
        <source>that share the parameters</source>
        <translation>分担参数</translation>
    </message>
    <message>
        <source>a second copy of each server</source>
        <translation>每个服务器的第二份副本</translation>
    </message>
    <message>
        <source>from 500ms to 10m</source>
        <translation>500ms 到 10m</translation>
    </message>
    <message>
        <source>nodes that keep one, 1 to 16</source>
        <translation>保存的节点数，1 到 16</translation>
    </message>
    <message>
        <source>steps; empty: ends of epochs</source>
        <translation>步；留空则每轮结束时</translation>
    </message>
    <message>
        <source>Fast</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>Reproducible to the last bit</source>
        <translation>逐位可复现</translation>
    </message>
    <message>
        <source>GPU if there is one</source>
        <translation>有 GPU 就用</translation>
    </message>
    <message>
        <source>Go on without it</source>
        <translation>不带它继续</translation>
    </message>
    <message>
        <source>Pause and ask</source>
        <translation>暂停并询问</translation>
    </message>
    <message>
        <source>Encrypted</source>
        <translation>加密</translation>
    </message>
    <message>
        <source>Trusted network (faster)</source>
        <translation>可信网络（更快）</translation>
    </message>
    <message>
        <source>Allreduce – workers share with each other</source>
        <translation>Allreduce – 工作进程互相交换</translation>
    </message>
    <message>
        <source>Parameter server – workers share through servers</source>
        <translation>参数服务器 – 工作进程经服务器交换</translation>
    </message>
    <message>
        <source>Synchronous – all at the same step</source>
        <translation>同步 – 全体在同一步</translation>
    </message>
    <message>
        <source>Stale – some steps apart</source>
        <translation>陈旧 – 相差若干步</translation>
    </message>
    <message>
        <source>Asynchronous – nobody waits</source>
        <translation>异步 – 互不等待</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>No</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Quick demo – one epoch of Fashion-MNIST</source>
        <translation>快速演示 – Fashion-MNIST 一轮</translation>
    </message>
    <message>
        <source>Reproducible – the same bits every time</source>
        <translation>可复现 – 每次逐位相同</translation>
    </message>
    <message>
        <source>Small memory – little batches, plain SGD</source>
        <translation>小内存 – 小批量，普通 SGD</translation>
    </message>
</context>
<context>
    <name>MachineWords</name>
    <message>
        <source>Give the cluster a name.</source>
        <translation>请给集群起个名称。</translation>
    </message>
    <message>
        <source>Letters, digits, “-”, “_” and “.” can stand in a name.</source>
        <translation>名称可以包含字母、数字、“-”、“_”和“.”。</translation>
    </message>
    <message>
        <source>This is a cluster of this computer alone. Choose another name.</source>
        <translation>这个集群只在本机上，请换一个名称。</translation>
    </message>
    <message>
        <source>My SSH agent and my usual keys</source>
        <translation>SSH agent 和常用密钥</translation>
    </message>
    <message>
        <source>A key file</source>
        <translation>密钥文件</translation>
    </message>
    <message>
        <source>A password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>The cluster has a node of this name already.</source>
        <translation>集群中已有同名节点。</translation>
    </message>
    <message>
        <source>Write an address, or a name and an address.</source>
        <translation>请写一个地址，或者一个名称加一个地址。</translation>
    </message>
    <message>
        <source>This row has more cells than the table has columns.</source>
        <translation>这一行的单元格比表头的列多。</translation>
    </message>
    <message>
        <source>This is no range. Write for example node[01-16] or node[1,3-5].</source>
        <translation>这不是有效的范围。例如：node[01-16] 或 node[1,3-5]。</translation>
    </message>
    <message>
        <source>There must be as many names as addresses.</source>
        <translation>名称和地址的数量必须相同。</translation>
    </message>
    <message>
        <source>“%1” is no address. Write USER@HOST, USER@HOST:PORT or HOST.</source>
        <translation>“%1”不是地址。请写成 USER@HOST、USER@HOST:PORT 或 HOST。</translation>
    </message>
    <message>
        <source>“%1” cannot be a user.</source>
        <translation>“%1”不能作为用户名。</translation>
    </message>
    <message>
        <source>“%1” is no port: 1 to 65535.</source>
        <translation>“%1”不是端口：应为 1 到 65535。</translation>
    </message>
    <message>
        <source>“%1” cannot be a name: letters, digits, “-”, “_” and “.” can stand in one.</source>
        <translation>“%1”不能作为名称：可以包含字母、数字、“-”、“_”和“.”。</translation>
    </message>
    <message>
        <source>The name %1 stands in an earlier line, too.</source>
        <translation>名称 %1 在前面的行中已经用过。</translation>
    </message>
    <message>
        <source>%1 machines are more than a cluster may have.</source>
        <translation>%1 台机器超出了一个集群的上限。</translation>
    </message>
    <message>
        <source>Write SHA256:… as “ssh-keygen -l” prints it.</source>
        <translation>请填写“ssh-keygen -l”输出的 SHA256:…。</translation>
    </message>
    <message>
        <source>A host key is that of one machine, and these are several.</source>
        <translation>一个主机密钥只属于一台机器，而这里有多台。</translation>
    </message>
</context>
<context>
    <name>NoticeWords</name>
    <message>
        <source>“%1” has finished</source>
        <comment>a run</comment>
        <translation>“%1”已完成</translation>
    </message>
    <message>
        <source>“%1” has failed</source>
        <comment>a run</comment>
        <translation>“%1”失败</translation>
    </message>
    <message>
        <source>%1 is lost</source>
        <comment>a node</comment>
        <translation>%1 已丢失</translation>
    </message>
    <message>
        <source>Its model can be saved.</source>
        <translation>可以保存它的模型。</translation>
    </message>
    <message>
        <source>The studio shows what happened to its work.</source>
        <translation>工作室中可以看到它的工作如何处理。</translation>
    </message>
</context>
<context>
    <name>Phrases</name>
    <message>
        <source>%1; no other worker has the state of the run</source>
        <translation>%1；没有其他工作进程持有该运行的状态</translation>
    </message>
    <message>
        <source>%1; nobody else has the state of the run</source>
        <translation>%1；没有别的进程持有该运行的状态</translation>
    </message>
    <message>
        <source>%1; no other server has the state of %2</source>
        <translation>%1；没有其他服务器拥有 %2 的状态</translation>
    </message>
    <message>
        <source>%1; nobody else has the state of %2</source>
        <translation>%1；没有其他任务拥有 %2 的状态</translation>
    </message>
    <message>
        <source>%1 on %2 ended: killed by the kernel for lack of memory</source>
        <translation>%2 上的 %1 因内存不足被内核终止</translation>
    </message>
    <message>
        <source>%1 on %2 ended: killed by signal %3 (%4)</source>
        <translation>%2 上的 %1 被信号 %3（%4）终止</translation>
    </message>
    <message>
        <source>%1 on %2 ended: exit status %3</source>
        <translation>%2 上的 %1 已退出，退出码 %3</translation>
    </message>
    <message>
        <source>%1 on %2 ended: %3</source>
        <translation>%2 上的 %1 已结束：%3</translation>
    </message>
    <message>
        <source>%1 on %2 failed: %3</source>
        <translation>%2 上的 %1 失败：%3</translation>
    </message>
    <message>
        <source>%1 on %2 did not answer when its membership was left</source>
        <translation>%2 上的 %1 在离开成员组时没有应答</translation>
    </message>
    <message>
        <source>%1 on %2 did not connect to the others in time</source>
        <translation>%2 上的 %1 未能及时连接到其他工作进程</translation>
    </message>
    <message>
        <source>%1 on %2 did not get ready in time</source>
        <translation>%2 上的 %1 未能及时就绪</translation>
    </message>
    <message>
        <source>%1 on %2 did not come to an end in time</source>
        <translation>%2 上的 %1 未能及时结束</translation>
    </message>
    <message>
        <source>%1 on %2 is gone without a word</source>
        <translation>%2 上的 %1 无声无息地消失了</translation>
    </message>
    <message>
        <source>Its agent was restarted, or lost track of it.</source>
        <translation>它的代理曾重新启动，或者丢失了它的踪迹。</translation>
    </message>
    <message>
        <source>%1 was lost: nothing was heard from its agent for %2 s</source>
        <translation>%1 失联：已有 %2 秒没有收到其代理的消息</translation>
    </message>
    <message>
        <source>%1 was lost: its agent never answered</source>
        <translation>%1 失联：其代理从未应答</translation>
    </message>
    <message>
        <source>%1 was lost: its agent is gone: the connection was refused</source>
        <translation>%1 失联：其代理已不在，连接被拒绝</translation>
    </message>
    <message>
        <source>%1 was lost: %2</source>
        <translation>%1 失联：%2</translation>
    </message>
    <message>
        <source>all workers were lost</source>
        <translation>所有工作进程均已失去</translation>
    </message>
    <message>
        <source>servers were lost</source>
        <translation>服务器已丢失</translation>
    </message>
    <message>
        <source>workers were lost twice in a row while they computed step %1</source>
        <translation>计算第 %1 步时接连两次失去工作进程</translation>
    </message>
    <message>
        <source>the workers could not connect to each other in %1 attempts</source>
        <translation>工作进程尝试 %1 次仍无法相互连接</translation>
    </message>
    <message>
        <source>over half of the workers were lost at once (%1 of %2)</source>
        <translation>超过一半的工作进程同时失去（%2 个中的 %1 个）</translation>
    </message>
    <message>
        <source>the workers did not come to a common last step in time</source>
        <translation>工作进程未能及时到达共同的最后一步</translation>
    </message>
    <message>
        <source>no worker got ready in time</source>
        <translation>没有工作进程及时就绪</translation>
    </message>
    <message>
        <source>no server got ready in time</source>
        <translation>没有服务器及时就绪</translation>
    </message>
    <message>
        <source>no server of the run is there</source>
        <translation>该运行没有可用的服务器</translation>
    </message>
    <message>
        <source>no server has the state of %1 any more</source>
        <translation>已没有服务器拥有 %1 的状态</translation>
    </message>
    <message>
        <source>%1 and %2 did not find the same data or built different models: %3 on %4, %5 on %6</source>
        <translation>%1 与 %2 找到的数据不同，或构建了不同的模型：%4 为 %3，%6 为 %5</translation>
    </message>
    <message>
        <source>the workers do not end with the same model: %1 differ from %2 on %3</source>
        <translation>各工作进程最终得到的模型不一致：%1 与 %3 上的 %2 不同</translation>
    </message>
    <message>
        <source>the checkpoint of step %1 was not kept on %2: %3</source>
        <translation>第 %1 步的检查点未能保存在 %2 上：%3</translation>
    </message>
    <message>
        <source>the copies of the checkpoint of step %1 differ</source>
        <translation>第 %1 步检查点的各份副本不一致</translation>
    </message>
    <message>
        <source>a checkpoint on %1 was not used: %2</source>
        <translation>未使用 %1 上的一个检查点：%2</translation>
    </message>
    <message>
        <source>no worker has the state of the run, and no copy of its checkpoints can be read</source>
        <translation>没有工作进程持有该运行的状态，其检查点的副本也都无法读取</translation>
    </message>
    <message>
        <source>no worker has the state of the run any more</source>
        <translation>已没有工作进程持有该运行的状态</translation>
    </message>
    <message>
        <source>the run went back to the checkpoint of step %1 %2 times without getting to the next one</source>
        <translation>运行已 %2 次退回到第 %1 步的检查点，都没能到达下一个</translation>
    </message>
    <message>
        <source>Faulty memory or a faulty disk does this; check the machines that wrote it.</source>
        <translation>内存或磁盘故障会造成这种情况；请检查写入它的机器。</translation>
    </message>
    <message>
        <source>The logs of the tasks name the files and what is wrong with them.</source>
        <translation>各任务的日志写明了是哪些文件以及问题所在。</translation>
    </message>
    <message>
        <source>The checkpoint of step %1 is on %2.</source>
        <translation>第 %1 步的检查点在 %2 上。</translation>
    </message>
    <message>
        <source>The kernel kills a process like this when memory runs out (see dmesg); a person may have, too.</source>
        <translation>内存耗尽时内核会这样终止进程（见 dmesg）；也可能是有人所为。</translation>
    </message>
    <message>
        <source>That machine ran out of memory: other programs there took it, or the model is too large.</source>
        <translation>该机器内存已耗尽：被其他程序占用，或模型过大。</translation>
    </message>
    <message>
        <source>The worker crashed; the end of its log may tell where.</source>
        <translation>工作进程崩溃；其日志末尾可能说明位置。</translation>
    </message>
    <message>
        <source>Somebody or something on that machine asked it to end.</source>
        <translation>该机器上有人或程序要求它结束。</translation>
    </message>
    <message>
        <source>The end of its log may tell what it waited for.</source>
        <translation>其日志末尾可能说明它在等待什么。</translation>
    </message>
    <message>
        <source>The ends of their logs may tell what they waited for.</source>
        <translation>它们的日志末尾可能说明在等待什么。</translation>
    </message>
    <message>
        <source>The machine may be off, unreachable or suspended, or its agent was ended.</source>
        <translation>该机器可能已关机、无法访问或被挂起，或其代理已被结束。</translation>
    </message>
    <message>
        <source>The samples of this step may be what kills them. The run goes on when you say so.</source>
        <translation>可能正是这一步的样本导致的。由您决定何时继续。</translation>
    </message>
    <message>
        <source>A firewall or a broken link between the nodes does this.</source>
        <translation>节点之间的防火墙或断开的链路会造成这种情况。</translation>
    </message>
    <message>
        <source>%1 on %2 and %3 on %4 cannot reach each other</source>
        <translation>%2 上的 %1 与 %4 上的 %3 无法相互连通</translation>
    </message>
    <message>
        <source>Both are heard, but nothing that one sends arrives at the other: a cable, a switch or a firewall between the two.</source>
        <translation>两者均有应答，但一方发送的内容到不了另一方：问题在两者之间的网线、交换机或防火墙。</translation>
    </message>
    <message>
        <source>The others go on with one of them; the other one is tried again later.</source>
        <translation>其余的与其中之一继续；另一个稍后重试。</translation>
    </message>
    <message>
        <source>A switch or a power line may have failed: they may be back soon.</source>
        <translation>可能是交换机或供电线路故障：它们也许很快恢复。</translation>
    </message>
    <message>
        <source>The dataset files, or the versions of Longship, differ between these nodes.</source>
        <translation>这些节点上的数据集文件或 Longship 版本不同。</translation>
    </message>
    <message>
        <source>Faulty memory or a faulty processor computes wrong numbers; check these machines.</source>
        <translation>内存或处理器故障会算出错误的数字；请检查这些机器。</translation>
    </message>
    <message>
        <source>training goes on with 1 worker</source>
        <translation>训练以 1 个工作进程继续</translation>
    </message>
    <message>
        <source>training goes on with %1 workers</source>
        <translation>训练以 %1 个工作进程继续</translation>
    </message>
    <message>
        <source>The run is paused. It waits for your decision.</source>
        <translation>运行已暂停，等待您的决定。</translation>
    </message>
    <message>
        <source>The task stays where it is.</source>
        <translation>任务留在原处。</translation>
    </message>
    <message>
        <source>It died %1 times in a minute and stays off. Move it to another node when the cause is removed.</source>
        <translation>它在一分钟内结束了 %1 次，不再启动。排除原因后请将其移到其他节点。</translation>
    </message>
    <message>
        <source>The others go on; it is started again.</source>
        <translation>其余的继续；它会重新启动。</translation>
    </message>
    <message>
        <source>The others go on without it; it is not started again.</source>
        <translation>其余的在没有它的情况下继续；它不会重新启动。</translation>
    </message>
    <message>
        <source>The others go on without it. Its work comes back with it.</source>
        <translation>其余的在没有它的情况下继续。它恢复后工作也随之恢复。</translation>
    </message>
    <message>
        <source>The run waits for those who have it to come back.</source>
        <translation>运行等待持有状态的进程恢复。</translation>
    </message>
    <message>
        <source>The run waits for those who have it to come back, and goes back to its last checkpoint otherwise.</source>
        <translation>运行等待持有状态的进程恢复，否则退回到最近的检查点。</translation>
    </message>
    <message>
        <source>Training goes on; the next checkpoint is tried again.</source>
        <translation>训练继续；下一个检查点会再次尝试。</translation>
    </message>
    <message>
        <source>the checkpoint of step %1 was kept</source>
        <translation>第 %1 步的检查点已保存</translation>
    </message>
    <message>
        <source>It is not used; the one before stays.</source>
        <translation>它不会被使用；保留前一个。</translation>
    </message>
    <message>
        <source>Another copy is used, or the one before.</source>
        <translation>使用另一份副本，或使用前一个。</translation>
    </message>
    <message>
        <source>The run waits for a node that has the checkpoint.</source>
        <translation>运行等待持有检查点的节点。</translation>
    </message>
    <message>
        <source>The run waits for a server, and goes back to its last checkpoint then.</source>
        <translation>运行正在等待服务器，届时回到最近的检查点。</translation>
    </message>
    <message>
        <source>The run is paused. It can go back to the checkpoint of step %1.</source>
        <translation>运行已暂停，可以退回到第 %1 步的检查点。</translation>
    </message>
    <message>
        <source>The run went back to the checkpoint of step %1; 1 step is computed again.</source>
        <translation>运行退回到第 %1 步的检查点；1 步重新计算。</translation>
    </message>
    <message>
        <source>The run went back to the checkpoint of step %1; %2 steps are computed again.</source>
        <translation>运行退回到第 %1 步的检查点；%2 步重新计算。</translation>
    </message>
    <message>
        <source>The run went back to the checkpoint of step %1.</source>
        <translation>运行退回到第 %1 步的检查点。</translation>
    </message>
    <message>
        <source>The run was ended and its other tasks were stopped.</source>
        <translation>运行已结束，其余任务已停止。</translation>
    </message>
    <message>
        <source>stopped on request, without a model: %1</source>
        <translation>应要求停止，没有模型：%1</translation>
    </message>
    <message>
        <source>stopped on request</source>
        <translation>应要求停止</translation>
    </message>
</context>
<context>
    <name>ProblemWords</name>
    <message>
        <source>Enter a whole number.</source>
        <translation>请输入整数。</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>请选择文件。</translation>
    </message>
    <message>
        <source>Choose the column to predict.</source>
        <translation>请选择要预测的列。</translation>
    </message>
    <message>
        <source>Enter a name on one line.</source>
        <translation>请输入一行名称。</translation>
    </message>
    <message>
        <source>Enter a whole number of at least %1.</source>
        <translation>请输入不小于 %1 的整数。</translation>
    </message>
    <message>
        <source>Enter a whole number of at most %1.</source>
        <translation>请输入不大于 %1 的整数。</translation>
    </message>
    <message>
        <source>Enter a number between %1 and %2.</source>
        <translation>请输入介于 %1 和 %2 之间的数值。</translation>
    </message>
    <message>
        <source>Enter a number above %1.</source>
        <translation>请输入大于 %1 的数值。</translation>
    </message>
    <message>
        <source>Enter a number of at least %1.</source>
        <translation>请输入不小于 %1 的数值。</translation>
    </message>
    <message>
        <source>Each layer may have 1 to %1 units.</source>
        <translation>每层可有 1 到 %1 个单元。</translation>
    </message>
    <message>
        <source>Enter 1 to %1 layer widths.</source>
        <translation>请输入 1 到 %1 个层宽。</translation>
    </message>
    <message>
        <source>A table has no image for this model. Choose the MLP.</source>
        <translation>表格没有此模型所需的图像。请选择 MLP。</translation>
    </message>
    <message>
        <source>A job has no key %1. Did you mean %2?</source>
        <translation>任务没有键 %1。是否指 %2？</translation>
    </message>
    <message>
        <source>A job has no key %1.</source>
        <translation>任务没有键 %1。</translation>
    </message>
    <message>
        <source>This has no meaning here; it belongs to %1.</source>
        <translation>这在此处没有意义；它属于 %1。</translation>
    </message>
    <message>
        <source>This is given twice; the first is in line %1.</source>
        <translation>重复给出；第一次在第 %1 行。</translation>
    </message>
    <message>
        <source>This is no valid YAML: %1</source>
        <translation>不是有效的 YAML：%1</translation>
    </message>
    <message>
        <source>A value of this file cannot be changed where it stands; change it in the file.</source>
        <translation>此文件中有一个值无法就地修改；请直接在文件中修改。</translation>
    </message>
    <message>
        <source>This version does not serve %1. Use %2.</source>
        <translation>此版本不支持 %1。请使用 %2。</translation>
    </message>
    <message>
        <source>Enter a whole number from 1 to the global batch of %1.</source>
        <translation>请输入 1 到全局批量 %1 之间的整数。</translation>
    </message>
    <message>
        <source>Enter whole numbers with commas between them.</source>
        <translation>请输入以逗号分隔的整数。</translation>
    </message>
    <message>
        <source>Enter a time from %1 to %2.</source>
        <translation>请输入 %1 到 %2 之间的时间。</translation>
    </message>
    <message>
        <source>Enter a time such as 3s or 500ms.</source>
        <translation>请输入时间，例如 3s 或 500ms。</translation>
    </message>
</context>
<context>
    <name>Remedies</name>
    <message>
        <source>Correct the name, or give a numeric address.</source>
        <translation>请改正名称，或填写数字地址。</translation>
    </message>
    <message>
        <source>Start the SSH server there, or open its port in the firewall.</source>
        <translation>请在该机器上启动 SSH 服务，或在防火墙中开放其端口。</translation>
    </message>
    <message>
        <source>Compare the fingerprint on that machine, then accept it or remove the old key.</source>
        <translation>请在该机器上核对指纹，然后接受它或删除旧密钥。</translation>
    </message>
    <message>
        <source>Put your public key there: ssh-copy-id, or name another key or user.</source>
        <translation>请把您的公钥放到该机器上（ssh-copy-id），或换一个密钥或用户。</translation>
    </message>
    <message>
        <source>Make the login shell there run commands without ending early.</source>
        <translation>请让该机器的登录 shell 能执行命令而不提前退出。</translation>
    </message>
    <message>
        <source>Give the user a home on a file system without noexec.</source>
        <translation>请让用户主目录位于没有 noexec 的文件系统上。</translation>
    </message>
    <message>
        <source>Make room, or make the file system writable.</source>
        <translation>请腾出空间，或让文件系统可写。</translation>
    </message>
    <message>
        <source>Make 2 GB free in the user&apos;s home.</source>
        <translation>请在用户主目录中腾出 2 GB 空间。</translation>
    </message>
    <message>
        <source>End other programs there, or choose a machine with more.</source>
        <translation>请结束该机器上的其他程序，或选择内存更大的机器。</translation>
    </message>
    <message>
        <source>Install coreutils, findutils, grep, sed and tar.</source>
        <translation>请安装 coreutils、findutils、grep、sed 和 tar。</translation>
    </message>
    <message>
        <source>Raise the limit of open files to 1024: ulimit -n, or /etc/security/limits.conf.</source>
        <translation>请把打开文件数上限提高到 1024：ulimit -n 或 /etc/security/limits.conf。</translation>
    </message>
    <message>
        <source>Turn time synchronisation on there: timedatectl set-ntp true</source>
        <translation>请在该机器上打开时间同步：timedatectl set-ntp true</translation>
    </message>
    <message>
        <source>On that machine: loginctl enable-linger</source>
        <translation>在该机器上执行：loginctl enable-linger</translation>
    </message>
    <message>
        <source>Let the nodes reach each other at all TCP ports, at these addresses.</source>
        <translation>请让各节点能通过这些地址的所有 TCP 端口互相访问。</translation>
    </message>
    <message>
        <source>Let the nodes reach each other at all TCP ports: training uses ports that the operating system chooses.</source>
        <translation>请让各节点能通过所有 TCP 端口互相访问：训练使用由操作系统选择的端口。</translation>
    </message>
    <message>
        <source>Put the nodes into one network, without a VPN or a wireless link in between.</source>
        <translation>请把各节点放在同一网络中，中间不要经过 VPN 或无线连接。</translation>
    </message>
    <message>
        <source>Deploy again, which brings the programs of this version there.</source>
        <translation>请重新部署，这会把本版本的程序送到该节点。</translation>
    </message>
    <message>
        <source>Connect it by cable, look whether its card and the switch agree on a speed (ethtool), or compress gradients: compression in the job.</source>
        <translation>用网线连接它，检查网卡与交换机的速率是否一致（ethtool），或者压缩梯度：作业中的 compression。</translation>
    </message>
</context>
<context>
    <name>SshDialogs</name>
    <message>
        <source>Is this the right machine?</source>
        <translation>这是正确的机器吗？</translation>
    </message>
    <message>
        <source>%1 is not known yet. It shows this key:</source>
        <translation>%1 尚未登记。它出示的密钥是：</translation>
    </message>
    <message>
        <source>Compare it with what that machine itself prints:</source>
        <translation>请与该机器自己输出的内容核对：</translation>
    </message>
    <message>
        <source>Longship keeps the key in a file of its own and stops if it ever changes.</source>
        <translation>Longship 会把密钥保存在自己的文件中，一旦密钥变化就会停止连接。</translation>
    </message>
    <message>
        <source>It is the same: trust it</source>
        <translation>一致，信任它</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>That was wrong. Try again.</source>
        <translation>不正确，请重试。</translation>
    </message>
    <message>
        <source>Log in</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>This machine shows another key than before</source>
        <translation>这台机器出示的密钥与以前不同</translation>
    </message>
    <message>
        <source>The connection to %1 was stopped before anything was said. Somebody may be in between, or the machine was installed anew.</source>
        <translation>与 %1 的连接在传送任何内容之前就已停止。可能有人从中拦截，也可能是机器重新安装过。</translation>
    </message>
    <message>
        <source>Shown now</source>
        <translation>现在出示的密钥</translation>
    </message>
    <message>
        <source>Expected, by %1</source>
        <translation>应为（依据 %1）</translation>
    </message>
    <message>
        <source>Only if you know that it was installed anew, remove the old key in a terminal and check again:</source>
        <translation>只有在您确知机器重新安装过时，才在终端中删除旧密钥，然后重新检查：</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The agents end, and runs that go on end with them. Removed from each machine is the folder ~/.local/share/longship: programs, and the runs, checkpoints and models that lie there. What this computer has fetched already stays.</source>
        <translation>agent 会结束，正在进行的运行也随之结束。每台机器上的 ~/.local/share/longship 文件夹会被移除：程序，以及其中的运行记录、检查点和模型。本机已取回的内容会保留。</translation>
    </message>
    <message>
        <source>Remove it</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Take Longship off the machines of %2? (%1)</source>
        <translation>从 %2 的机器（%1 台）上移除 Longship？</translation>
    </message>
    <message>
        <source>It is kept in memory until this window closes, and nowhere else.</source>
        <translation>它只保存在内存中，直到此窗口关闭，不会存到其他地方。</translation>
    </message>
    <message>
        <source>Take %1 out of the cluster “%2”?</source>
        <translation>要把 %1 移出集群“%2”吗？</translation>
    </message>
    <message>
        <source>The other machines go on without it and refuse it from then on. What Longship has put on it is removed: the folder ~/.local/share/longship. It can be added again later. While a run goes on this is refused.</source>
        <translation>其他机器将在没有它的情况下继续，并从此拒绝它。Longship 放在它上面的内容会被删除：文件夹 ~/.local/share/longship。以后可以重新添加。有运行正在进行时会被拒绝。</translation>
    </message>
    <message>
        <source>Take it out</source>
        <translation>移出</translation>
    </message>
    <message>
        <source>Forget the cluster “%1”?</source>
        <translation>要忘记集群“%1”吗？</translation>
    </message>
    <message>
        <source>The list of its machines and its key are removed from this computer; its runs stay in the history. Nothing changes on the machines: while Longship is on one of them this is refused, undeploy first.</source>
        <translation>它的机器列表和密钥将从本机删除；它的运行保留在历史中。机器上不会有任何变化：只要其中一台上还有 Longship，就会被拒绝，请先移除部署。</translation>
    </message>
    <message>
        <source>Forget it</source>
        <translation>忘记</translation>
    </message>
</context>
<context>
    <name>TakeoverWords</name>
    <message>
        <source>Too few nodes answer: all runs wait</source>
        <translation>有响应的节点太少：所有运行都在等待</translation>
    </message>
    <message>
        <source>%1 (since before this window was opened)</source>
        <translation>%1（打开此窗口之前就没有响应）</translation>
    </message>
    <message>
        <source>%1 (since %2)</source>
        <translation>%1（自 %2 起）</translation>
    </message>
    <message>
        <source>Not answering: %1.</source>
        <translation>没有响应：%1。</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>Nothing is lost while you wait: runs go on by themselves when enough nodes are back.</source>
        <translation>等待不会丢失任何内容：有足够的节点恢复后，运行会自动继续。</translation>
    </message>
    <message>
        <source>Go on without %1?</source>
        <translation>不等 %1，继续吗？</translation>
    </message>
    <message>
        <source>%1 goes on alone, from what it knows.</source>
        <translation>%1 将独自从它所知道的状态继续。</translation>
    </message>
    <message>
        <source>%1 goes on with %2, from what it knows.</source>
        <translation>%1 将与 %2 一起，从它所知道的状态继续。</translation>
    </message>
    <message>
        <source>Given up is what only %1 may know: the last steps and checkpoints of runs, runs and commands of the last moments. This cannot be undone.</source>
        <translation>将放弃可能只有 %1 知道的内容：运行最后的几步和检查点，以及最后时刻提交的运行和命令。此操作无法撤销。</translation>
    </message>
    <message>
        <source>When one of them comes back it joins again; whatever it did meanwhile is void.</source>
        <translation>其中任何一个恢复后都会重新加入；它在此期间所做的一切都将作废。</translation>
    </message>
    <message>
        <source>Do this only when they are gone for good or for long. Waiting costs nothing but time.</source>
        <translation>只有在它们永远或长时间无法恢复时才这样做。等待只花时间，没有其他代价。</translation>
    </message>
    <message>
        <source>Left behind</source>
        <translation>被留下</translation>
    </message>
    <message>
        <source>Known only to nodes that were left behind when the cluster went on without them. It goes on nowhere; what was received of it is kept here.</source>
        <translation>只有被留下的节点知道它：集群已在没有这些节点的情况下继续。它不会在任何地方继续；已收到的内容保留在这里。</translation>
    </message>
</context>
<context>
    <name>TimeWords</name>
    <message>
        <source>Compute</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Wire</source>
        <translation>传输</translation>
    </message>
    <message>
        <source>Forward and backward</source>
        <translation>前向与反向</translation>
    </message>
    <message>
        <source>For slower tasks</source>
        <translation>等待较慢的任务</translation>
    </message>
    <message>
        <source>What is left of the exchange for the slowest task, which waits for nobody</source>
        <translation>最慢的任务不等待任何任务，其交换所用的时间即为传输</translation>
    </message>
    <message>
        <source>The others wait for %1 on %2: its last steps took %3 times as long to compute.</source>
        <translation>其他任务在等 %2 上的 %1：它最近几步的计算时间是其他任务的 %3 倍。</translation>
    </message>
    <message>
        <source>All tasks are about equally fast.</source>
        <translation>所有任务速度大致相同。</translation>
    </message>
    <message>
        <source>%1: compute %2 ms, wait %3 ms, wire %4 ms.</source>
        <translation>%1：计算 %2 毫秒，等待 %3 毫秒，传输 %4 毫秒。</translation>
    </message>
    <message>
        <source>%1 joined</source>
        <translation>%1 加入</translation>
    </message>
    <message>
        <source>%1 moved to %2</source>
        <translation>%1 移到 %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>%1 离开</translation>
    </message>
    <message>
        <source>new shares</source>
        <translation>新的份额</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>Queued</source>
        <translation>排队中</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>准备中</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练中</translation>
    </message>
    <message>
        <source>Evaluating</source>
        <translation>评估中</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>Recovering</source>
        <translation>恢复中</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>连接中</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Not answering</source>
        <translation>无响应</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>已丢失</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>without a node</source>
        <translation>没有节点</translation>
    </message>
    <message>
        <source>not a number</source>
        <translation>非数值</translation>
    </message>
    <message>
        <source>infinite</source>
        <translation>无穷大</translation>
    </message>
    <message>
        <source>%1 cores</source>
        <translation>%1 核</translation>
    </message>
    <message>
        <source>The cluster cannot be reached now. Longship keeps trying.</source>
        <translation>现在无法连接集群。Longship 会继续尝试。</translation>
    </message>
    <message>
        <source>The cluster said no.</source>
        <translation>集群拒绝了请求。</translation>
    </message>
    <message>
        <source>A file or message is damaged and was not used.</source>
        <translation>文件或消息已损坏，未被使用。</translation>
    </message>
    <message>
        <source>There is no room left for this.</source>
        <translation>空间不足。</translation>
    </message>
    <message>
        <source>It was stopped before it was done.</source>
        <translation>在完成之前被停止。</translation>
    </message>
    <message>
        <source>The system could not read or write a file.</source>
        <translation>系统无法读写文件。</translation>
    </message>
    <message>
        <source>Longship met an error that it does not know.</source>
        <translation>Longship 遇到未知错误。</translation>
    </message>
    <message>
        <source>MLP – fully connected layers</source>
        <translation>MLP – 全连接层</translation>
    </message>
    <message>
        <source>CNN – 32-64-128 convolutions</source>
        <translation>CNN – 32-64-128 卷积</translation>
    </message>
    <message>
        <source>ResNet – small, with batch normalisation</source>
        <translation>ResNet – 小型，带批归一化</translation>
    </message>
    <message>
        <source>Drained</source>
        <translation>已排空</translation>
    </message>
    <message>
        <source>Draining</source>
        <translation>正在排空</translation>
    </message>
    <message>
        <source>No agent yet</source>
        <translation>还没有代理</translation>
    </message>
</context>
<context>
    <name>longship::AddMachinesDialog</name>
    <message>
        <source>Add machines</source>
        <translation>添加机器</translation>
    </message>
    <message>
        <source>The machines were not added</source>
        <translation>机器没有添加</translation>
    </message>
    <message>
        <source>Add your machines</source>
        <translation>添加您的机器</translation>
    </message>
    <message>
        <source>Linux machines that you can log in to over SSH. Nothing has to be installed on them, and nothing is changed there before you deploy.</source>
        <translation>您能通过 SSH 登录的 Linux 机器。上面不需要安装任何东西，部署之前也不会改动任何东西。</translation>
    </message>
    <message>
        <source>For example: lab</source>
        <translation>例如：lab</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>One machine a line, or a range, or a table with a first line that names its columns:

ada@node[01-16]
big ada@10.0.0.7:2222
name,host,user,port,jump</source>
        <translation>每行一台机器，也可以是范围，或者首行为列名的表格：

ada@node[01-16]
big ada@10.0.0.7:2222
name,host,user,port,jump</translation>
    </message>
    <message>
        <source>Machines</source>
        <translation>机器</translation>
    </message>
    <message>
        <source>USER@HOST:PORT; user and port may be left out. Lists can be pasted.</source>
        <translation>USER@HOST:PORT，用户和端口可以省略。可以粘贴列表。</translation>
    </message>
    <message>
        <source>From ~/.ssh/config</source>
        <translation>来自 ~/.ssh/config</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Filter the hosts</source>
        <translation>筛选主机</translation>
    </message>
    <message>
        <source>Hosts of ~/.ssh/config</source>
        <translation>~/.ssh/config 中的主机</translation>
    </message>
    <message>
        <source>Log in with</source>
        <translation>登录方式</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Key file</source>
        <translation>密钥文件</translation>
    </message>
    <message>
        <source>The machines of the list</source>
        <translation>列表中的机器</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose a key file</source>
        <translation>选择密钥文件</translation>
    </message>
    <message>
        <source>It names no hosts.</source>
        <translation>其中没有主机。</translation>
    </message>
    <message>
        <source>Ticked hosts are lines of the list.</source>
        <translation>勾选的主机会成为列表中的一行。</translation>
    </message>
    <message>
        <source>The machines join this cluster, which has %1 nodes.</source>
        <translation>这些机器将加入此集群（已有 %1 个节点）。</translation>
    </message>
    <message>
        <source>A new cluster of this name is made.</source>
        <translation>将新建这个名称的集群。</translation>
    </message>
    <message>
        <source>Choose the file of a private key.</source>
        <translation>请选择私钥文件。</translation>
    </message>
    <message>
        <source>There is no such file, or it cannot be read.</source>
        <translation>文件不存在或无法读取。</translation>
    </message>
    <message>
        <source>It is asked for when Longship connects, and never kept.</source>
        <translation>连接时会询问，从不保存。</translation>
    </message>
    <message>
        <source>A passphrase is asked for when it is needed, and never kept.</source>
        <translation>需要密钥口令时会询问，从不保存。</translation>
    </message>
    <message>
        <source>No machines yet</source>
        <translation>还没有机器</translation>
    </message>
    <message>
        <source>Machines: %1. Entries that are wrong: %2</source>
        <translation>机器：%1 台，%2 处有误</translation>
    </message>
    <message>
        <source>Machines: %1</source>
        <translation>机器：%1 台</translation>
    </message>
    <message>
        <source>Add machines (%1)</source>
        <translation>添加机器（%1 台）</translation>
    </message>
    <message>
        <source>Host key, if you know it</source>
        <translation>主机密钥（如果已知）</translation>
    </message>
    <message>
        <source>Of one machine. Without it you are asked when Longship connects.</source>
        <translation>仅限一台机器。不填则在连接时询问。</translation>
    </message>
</context>
<context>
    <name>longship::ChartCard</name>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>显示全部</translation>
    </message>
    <message>
        <source>The numbers of this chart; Ctrl+C copies what is selected</source>
        <translation>此图表的数据；Ctrl+C 复制所选内容</translation>
    </message>
    <message>
        <source>Chart</source>
        <translation>图表</translation>
    </message>
    <message>
        <source>Save image…</source>
        <translation>保存图片…</translation>
    </message>
    <message>
        <source>Log scale</source>
        <translation>对数刻度</translation>
    </message>
    <message>
        <source>Save the chart</source>
        <translation>保存图表</translation>
    </message>
    <message>
        <source>Images (*.svg *.pdf *.png)</source>
        <translation>图片 (*.svg *.pdf *.png)</translation>
    </message>
    <message>
        <source>%1 could not be written.</source>
        <translation>无法写入 %1。</translation>
    </message>
</context>
<context>
    <name>longship::CheckProblemText</name>
    <message>
        <source>Where</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>发现</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>处理办法</translation>
    </message>
</context>
<context>
    <name>longship::ConnectionBanner</name>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Go on without the others…</source>
        <translation>不等其他节点，继续…</translation>
    </message>
    <message>
        <source>The cluster could not be started</source>
        <translation>无法启动集群</translation>
    </message>
    <message>
        <source>The cluster does not answer; Longship keeps trying</source>
        <translation>集群没有响应，Longship 会继续尝试</translation>
    </message>
    <message>
        <source>%1 goes on without the others…</source>
        <translation>%1 正在不等其他节点，继续…</translation>
    </message>
    <message>
        <source>Check and deploy…</source>
        <translation>检查与部署…</translation>
    </message>
    <message>
        <source>Longship is not on the machines of “%1” yet</source>
        <translation>“%1”的机器上还没有 Longship</translation>
    </message>
    <message>
        <source>They turn ready one by one once it has been brought to them.</source>
        <translation>部署之后，它们会逐个变为就绪。</translation>
    </message>
</context>
<context>
    <name>longship::CsvSection</name>
    <message>
        <source>First rows of the table</source>
        <translation>表格的前几行</translation>
    </message>
    <message>
        <source>Choose file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Table (CSV with a header row)</source>
        <translation>表格（带表头的 CSV）</translation>
    </message>
    <message>
        <source>Column to predict</source>
        <translation>要预测的列</translation>
    </message>
    <message>
        <source>Choose a table</source>
        <translation>选择表格</translation>
    </message>
    <message>
        <source>CSV tables (*.csv);;All files (*)</source>
        <translation>CSV 表格 (*.csv);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a file to see its first rows. Types are inferred from all of it.</source>
        <translation>选择文件即可查看前几行。各列类型根据全部内容推断。</translation>
    </message>
    <message>
        <source>Reading the file…</source>
        <translation>正在读取文件…</translation>
    </message>
    <message>
        <source>%1 rows, %2 columns</source>
        <translation>%1 行，%2 列</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>请选择…</translation>
    </message>
    <message>
        <source>Line %1: %2</source>
        <translation>第 %1 行：%2</translation>
    </message>
    <message>
        <source>… and %1 more</source>
        <translation>……另有 %1 条</translation>
    </message>
</context>
<context>
    <name>longship::CsvTableText</name>
    <message>
        <source>whole number</source>
        <translation>整数</translation>
    </message>
    <message>
        <source>number</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>text, %1 different</source>
        <translation>文本，%1 种取值</translation>
    </message>
</context>
<context>
    <name>longship::CurveTable</name>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
</context>
<context>
    <name>longship::DataDialog</name>
    <message>
        <source>The data of the run</source>
        <translation>运行的数据</translation>
    </message>
    <message>
        <source>Machines that the data is brought to</source>
        <translation>正在接收数据的机器</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>The run was not started: not all machines have its data</source>
        <translation>运行没有开始：并非所有机器都有它的数据</translation>
    </message>
    <message>
        <source>The data is brought to the machines of “%1”</source>
        <translation>正在把数据传到“%1”的机器</translation>
    </message>
    <message>
        <source>Training starts as soon as all of them have it.</source>
        <translation>所有机器都有数据后，训练立即开始。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The rows say why. What a machine has already is not sent again.</source>
        <translation>各行说明了原因。机器上已有的内容不会再次发送。</translation>
    </message>
</context>
<context>
    <name>longship::DeployTableText</name>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>剩余时间</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步骤</translation>
    </message>
</context>
<context>
    <name>longship::GuideBanner</name>
    <message>
        <source>Not now</source>
        <translation>暂时不要</translation>
    </message>
    <message>
        <source>Kill %1</source>
        <translation>终止 %1</translation>
    </message>
    <message>
        <source>Now pull a plug: kill %1</source>
        <comment>a node</comment>
        <translation>现在拔掉一个插头：终止 %1</translation>
    </message>
    <message>
        <source>Its agent and its worker end at once, as if the machine had lost power. Training goes on without them; no step and no sample is lost.</source>
        <translation>它的代理和工作进程会立即结束，就像机器断电一样。训练在没有它们的情况下继续；不丢失任何一步，也不丢失任何样本。</translation>
    </message>
</context>
<context>
    <name>longship::HeatCard</name>
    <message>
        <source>Part of the step</source>
        <translation>步骤的组成部分</translation>
    </message>
    <message>
        <source>Time of each step, by task</source>
        <translation>各任务每步的用时</translation>
    </message>
    <message>
        <source>%1, step %2: %3 ms</source>
        <translation>%1，第 %2 步：%3 毫秒</translation>
    </message>
</context>
<context>
    <name>longship::HistoryPage</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Filter by name, model, state…</source>
        <translation>按名称、模型、状态筛选…</translation>
    </message>
    <message>
        <source>Filter the runs</source>
        <translation>筛选运行</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Save model…</source>
        <translation>保存模型…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>“%1” was deleted.</source>
        <translation>已删除“%1”。</translation>
    </message>
    <message>
        <source>%1 runs were deleted.</source>
        <translation>已删除 %1 个运行。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>No runs yet</source>
        <translation>还没有运行</translation>
    </message>
    <message>
        <source>Every run is kept here with its curves, model and proof.</source>
        <translation>每次运行及其曲线、模型和证明都保存在这里。</translation>
    </message>
    <message>
        <source>Start the first run</source>
        <translation>开始第一次运行</translation>
    </message>
    <message>
        <source>No run matches</source>
        <translation>没有匹配的运行</translation>
    </message>
    <message>
        <source>No run has all of these words.</source>
        <translation>没有运行包含所有这些词。</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>清除筛选</translation>
    </message>
</context>
<context>
    <name>longship::HomePage</name>
    <message>
        <source>Home</source>
        <translation>首页</translation>
    </message>
    <message>
        <source>Train on machines that work together. When one fails, the others go on.</source>
        <translation>在协同工作的机器上训练。一台出故障，其余的继续。</translation>
    </message>
    <message>
        <source>Try it on this computer</source>
        <translation>在本机上试用</translation>
    </message>
    <message>
        <source>Three agents start here and train an image classifier together. Nothing has to be installed or set up; then kill one of them and watch.</source>
        <translation>这里会启动三个代理，一起训练一个图像分类器。无需安装或设置；然后终止其中一个，看看会怎样。</translation>
    </message>
    <message>
        <source>Try the sample job</source>
        <translation>试运行示例作业</translation>
    </message>
    <message>
        <source>Add your machines</source>
        <translation>添加您的机器</translation>
    </message>
    <message>
        <source>Name machines that you reach over SSH. Longship checks them, says what is in the way, and brings itself there: without root, and without internet on them.</source>
        <translation>写出可通过 SSH 访问的机器。Longship 会检查它们，说明有什么障碍，并把自己部署过去：不需要 root，机器也不需要联网。</translation>
    </message>
    <message>
        <source>Add machines…</source>
        <translation>添加机器…</translation>
    </message>
    <message>
        <source>Recent runs</source>
        <translation>最近的运行</translation>
    </message>
    <message>
        <source>All runs</source>
        <translation>全部运行</translation>
    </message>
    <message>
        <source>No runs yet</source>
        <translation>还没有运行</translation>
    </message>
    <message>
        <source>What is trained stands here, with its curves, model and proof.</source>
        <translation>训练过的内容会列在这里，附有曲线、模型和证明。</translation>
    </message>
    <message>
        <source>The cluster could not be started</source>
        <translation>无法启动集群</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Next: bring Longship to your machines</source>
        <translation>下一步：把 Longship 部署到您的机器</translation>
    </message>
    <message>
        <source>They were added and have not got it yet.</source>
        <translation>机器已添加，但还没有部署 Longship。</translation>
    </message>
    <message>
        <source>Check and deploy…</source>
        <translation>检查并部署…</translation>
    </message>
    <message>
        <source>“%1” goes on</source>
        <comment>a run</comment>
        <translation>“%1”正在进行</translation>
    </message>
    <message>
        <source>Watch it</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>The nodes turn ready: %1 of %2</source>
        <translation>节点正在就绪：%1/%2</translation>
    </message>
    <message>
        <source>Looking for the nodes</source>
        <translation>正在查找节点</translation>
    </message>
    <message>
        <source>A run that is started now begins by itself when they are.</source>
        <translation>现在启动的运行会在节点就绪后自动开始。</translation>
    </message>
    <message>
        <source>Ready: %1 nodes wait for work</source>
        <translation>就绪：%1 个节点等待工作</translation>
    </message>
    <message>
        <source>The sample job is filled in. Enter opens it, Enter again trains.</source>
        <translation>示例作业已填好。按回车打开，再按回车开始训练。</translation>
    </message>
    <message>
        <source>The last run: “%1”</source>
        <translation>上一次运行：“%1”</translation>
    </message>
    <message>
        <source>%1, test accuracy %2</source>
        <translation>%1，测试准确率 %2</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>a node and its state</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>The cluster “%1” stays as it is and can be opened again.</source>
        <translation>集群“%1”保持不变，可以再次打开。</translation>
    </message>
    <message>
        <source>%1: %2 machines</source>
        <translation>%1：%2 台机器</translation>
    </message>
    <message>
        <source>%1: %2 machines, not deployed yet</source>
        <translation>%1：%2 台机器，尚未部署</translation>
    </message>
</context>
<context>
    <name>longship::IncidentCard</name>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Choose again</source>
        <translation>重新选择</translation>
    </message>
    <message>
        <source>It stays in the history of the run and on its loss curve</source>
        <translation>它仍保留在运行历史和损失曲线上</translation>
    </message>
    <message>
        <source>The run failed</source>
        <translation>运行失败</translation>
    </message>
    <message>
        <source>Waiting for it, as you chose.</source>
        <translation>按您的选择，正在等待它。</translation>
    </message>
</context>
<context>
    <name>longship::JobFileView</name>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>另存为…</translation>
    </message>
    <message>
        <source>Job file</source>
        <translation>任务文件</translation>
    </message>
    <message>
        <source>Not saved as a file yet. “longship run FILE” starts the same run.</source>
        <translation>尚未存为文件。“longship run FILE”可启动同样的运行。</translation>
    </message>
    <message>
        <source>%1 – changed</source>
        <translation>%1 – 已修改</translation>
    </message>
    <message>
        <source>Open a job file</source>
        <translation>打开任务文件</translation>
    </message>
    <message>
        <source>Job files (*.yaml *.yml);;All files (*)</source>
        <translation>任务文件 (*.yaml *.yml);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Save the job file</source>
        <translation>保存任务文件</translation>
    </message>
    <message>
        <source>Job files (*.yaml)</source>
        <translation>任务文件 (*.yaml)</translation>
    </message>
</context>
<context>
    <name>longship::JobForm</name>
    <message>
        <source>Your table</source>
        <translation>你的表格</translation>
    </message>
    <message>
        <source>My own table (CSV)</source>
        <translation>我自己的表格(CSV)</translation>
    </message>
</context>
<context>
    <name>longship::JobProblems</name>
    <message>
        <source>To correct: %1</source>
        <translation>待修正：%1</translation>
    </message>
    <message>
        <source>The first %1 are shown; the file shows all.</source>
        <translation>只显示前 %1 项；文件中显示全部。</translation>
    </message>
</context>
<context>
    <name>longship::JobReview</name>
    <message>
        <source>Review</source>
        <translation>核对</translation>
    </message>
    <message>
        <source>%1 on %2 · epochs: %3 · batch: %4 · %5, learning rate %6 · workers: %7</source>
        <translation>%1，数据 %2 · 轮数：%3 · 批量：%4 · %5，学习率 %6 · 工作进程：%7</translation>
    </message>
    <message>
        <source>How long it will take is not known yet: no run of this model on this data, with this batch and as many workers, was completed on this cluster.</source>
        <translation>需要多久尚不清楚：此集群上还没有以此数据、此批量和同样多的工作进程完成过此模型的运行。</translation>
    </message>
    <message>
        <source>About %1: “%2” did %3 on these nodes.</source>
        <translation>约 %1：“%2”在这些节点上达到 %3。</translation>
    </message>
    <message>
        <source>About %1: “%2” did %3 on as many other nodes.</source>
        <translation>约 %1：“%2”在同样多的其他节点上达到 %3。</translation>
    </message>
</context>
<context>
    <name>longship::LogText</name>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>内容</translation>
    </message>
</context>
<context>
    <name>longship::LogView</name>
    <message>
        <source>Logs of the tasks</source>
        <translation>任务日志</translation>
    </message>
    <message>
        <source>Show it</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Search the lines</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>%1 of %2 lines</source>
        <translation>%1 / %2 行</translation>
    </message>
    <message>
        <source>The first error, of %1 on %2</source>
        <translation>第一个错误：%2 上的 %1</translation>
    </message>
    <message>
        <source>%1 does not answer: the end of the log of %2, as kept by %3</source>
        <translation>%1 无响应：这是 %3 保存的 %2 日志末尾</translation>
    </message>
    <message>
        <source>%1 on %2: %3</source>
        <translation>%2 上的 %1：%3</translation>
    </message>
    <message>
        <source>No task has started yet.</source>
        <translation>还没有任务启动。</translation>
    </message>
    <message>
        <source>All nodes</source>
        <translation>所有节点</translation>
    </message>
    <message>
        <source>All tasks</source>
        <translation>所有任务</translation>
    </message>
</context>
<context>
    <name>longship::MachineTableText</name>
    <message>
        <source>Line %1: %2</source>
        <translation>第 %1 行：%2</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>问题</translation>
    </message>
</context>
<context>
    <name>longship::MainWindow</name>
    <message>
        <source>Exported to %1</source>
        <translation>已导出到 %1</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;New run</source>
        <translation>新建运行(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Save model…</source>
        <translation>保存模型(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>导出(&amp;E)…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>历史(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Find a run</source>
        <translation>查找运行(&amp;F)</translation>
    </message>
    <message>
        <source>Show &amp;all of the curves</source>
        <translation>显示完整曲线(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>Like the &amp;system</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;About Longship</source>
        <translation>关于 Longship(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Add machines…</source>
        <translation>添加机器(&amp;A)…</translation>
    </message>
    <message>
        <source>The cluster %1 is ready</source>
        <translation>集群 %1 已就绪</translation>
    </message>
    <message>
        <source>&amp;Open cluster</source>
        <translation>打开集群(&amp;O)</translation>
    </message>
    <message>
        <source>%1 leads the cluster now</source>
        <translation>现在由 %1 领导集群</translation>
    </message>
    <message>
        <source>The cluster %1 is forgotten</source>
        <translation>已忘记集群 %1</translation>
    </message>
    <message>
        <source>%1 is killed. Watch the curve go on</source>
        <translation>%1 已被终止。看曲线继续延伸</translation>
    </message>
    <message>
        <source>&amp;Home</source>
        <translation>首页(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Cluster</source>
        <translation>集群(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Settings</source>
        <translation>设置(&amp;S)</translation>
    </message>
</context>
<context>
    <name>longship::NewRunPage</name>
    <message>
        <source>New run</source>
        <translation>新建运行</translation>
    </message>
    <message>
        <source>Show as file</source>
        <translation>显示为文件</translation>
    </message>
    <message>
        <source>Waiting for nodes – cancel</source>
        <translation>等待节点 – 取消</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>%1 of %2 nodes ready on cluster “%3”</source>
        <translation>集群“%3”：%2 个节点中 %1 个就绪</translation>
    </message>
    <message>
        <source>The cluster could not be started.</source>
        <translation>无法启动集群。</translation>
    </message>
    <message>
        <source>The nodes are starting…</source>
        <translation>节点正在启动…</translation>
    </message>
    <message>
        <source>Bringing the data…</source>
        <translation>正在传送数据…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>由此开始</translation>
    </message>
    <message>
        <source>Copy as command</source>
        <translation>复制为命令</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>核对</translation>
    </message>
    <message>
        <source>A job file…</source>
        <translation>任务文件…</translation>
    </message>
    <message>
        <source>Run “%1” of %2</source>
        <translation>运行“%1”（%2）</translation>
    </message>
    <message>
        <source>%1 (was %2)</source>
        <translation>%1（原为 %2）</translation>
    </message>
    <message>
        <source>Copied from “%1”</source>
        <translation>复制自“%1”</translation>
    </message>
    <message>
        <source>Every value could be kept.</source>
        <translation>所有值都已保留。</translation>
    </message>
    <message>
        <source>Left out, since they mean nothing any more: %1.</source>
        <translation>以下值已无意义，故略去：%1。</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Show as form</source>
        <translation>显示为表单</translation>
    </message>
    <message>
        <source>Your table cannot be trained on as it is.</source>
        <translation>你的表格目前无法用于训练。</translation>
    </message>
</context>
<context>
    <name>longship::NodeButtons</name>
    <message>
        <source>Let this node take work again</source>
        <translation>让此节点重新接受工作</translation>
    </message>
    <message>
        <source>Take its work off this node and give it no new one</source>
        <translation>移走此节点的工作，并且不再分配新的工作</translation>
    </message>
    <message>
        <source>Let another node go on with it, losing nothing</source>
        <translation>让另一个节点接着做，不会丢失任何内容</translation>
    </message>
</context>
<context>
    <name>longship::NodeCard</name>
    <message>
        <source>leader</source>
        <translation>主节点</translation>
    </message>
    <message>
        <source>This node coordinates the cluster now.</source>
        <translation>此节点当前负责协调集群。</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>no task</source>
        <translation>无任务</translation>
    </message>
    <message>
        <source>own processes</source>
        <translation>自身进程</translation>
    </message>
    <message>
        <source>whole machine</source>
        <translation>整机</translation>
    </message>
    <message>
        <source>The nodes of this cluster share one machine, so each shows what its own agent and workers use.</source>
        <translation>此集群的节点共用一台机器，因此各节点显示自身代理和工作进程的用量。</translation>
    </message>
    <message>
        <source>Node %1, %2</source>
        <translation>节点 %1，%2</translation>
    </message>
    <message>
        <source>Machine: CPU %1, memory %2</source>
        <translation>整机：CPU %1，内存 %2</translation>
    </message>
    <message>
        <source>Longship uses %1 and %2</source>
        <translation>Longship 使用 %1 和 %2</translation>
    </message>
</context>
<context>
    <name>longship::NodeDetail</name>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Address %1</source>
        <translation>地址 %1</translation>
    </message>
    <message>
        <source>Longship %1</source>
        <translation>Longship %1</translation>
    </message>
    <message>
        <source>Leader: coordinates the cluster</source>
        <translation>主节点：负责协调集群</translation>
    </message>
    <message>
        <source>Machine: %1 cores, CPU %2</source>
        <translation>整机：%1 核，CPU %2</translation>
    </message>
    <message>
        <source>Memory %1 of %2</source>
        <translation>内存 %1 / %2</translation>
    </message>
    <message>
        <source>Disk %1 of %2</source>
        <translation>磁盘 %1 / %2</translation>
    </message>
    <message>
        <source>Temperature %1 °C</source>
        <translation>温度 %1 °C</translation>
    </message>
    <message>
        <source>%1: %2, memory %3 of %4</source>
        <translation>%1:%2，显存 %3 / %4</translation>
    </message>
    <message>
        <source>The curves above are of the node&apos;s own agent and workers: the nodes of this cluster share one machine.</source>
        <translation>以上曲线为该节点自身的代理和工作进程：此集群的节点共用一台机器。</translation>
    </message>
    <message>
        <source>Version not known yet</source>
        <translation>版本尚未知</translation>
    </message>
    <message>
        <source>Numbers as of %1 ago</source>
        <comment>a time like 0:05</comment>
        <translation>%1 前的数值</translation>
    </message>
    <message>
        <source>Temperature: not measured here</source>
        <translation>温度：此处未测量</translation>
    </message>
    <message>
        <source>Agent late by %1 ms</source>
        <translation>代理延迟 %1 毫秒</translation>
    </message>
    <message>
        <source>No GPU is known here</source>
        <translation>此处没有已知的 GPU</translation>
    </message>
    <message>
        <source>%1 over the last hour, as far as the studio was open</source>
        <translation>%1，最近一小时（工作室打开期间）</translation>
    </message>
</context>
<context>
    <name>longship::NodeStrip</name>
    <message>
        <source>Nodes of the cluster</source>
        <translation>集群的节点</translation>
    </message>
    <message>
        <source>Node %1</source>
        <translation>节点 %1</translation>
    </message>
</context>
<context>
    <name>longship::NodeTableText</name>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Own CPU</source>
        <translation>自身 CPU</translation>
    </message>
    <message>
        <source>Own memory</source>
        <translation>自身内存</translation>
    </message>
    <message>
        <source>Own network</source>
        <translation>自身网络</translation>
    </message>
    <message>
        <source>Machine CPU</source>
        <translation>整机 CPU</translation>
    </message>
    <message>
        <source>Machine memory</source>
        <translation>整机内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Agent lag</source>
        <translation>代理延迟</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>%1 °C</source>
        <translation>%1 °C</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 毫秒</translation>
    </message>
</context>
<context>
    <name>longship::NodesPage</name>
    <message>
        <source>Nodes of the cluster</source>
        <translation>集群的节点</translation>
    </message>
    <message>
        <source>The cluster could not be started</source>
        <translation>无法启动集群</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>The nodes are starting</source>
        <translation>节点正在启动</translation>
    </message>
    <message>
        <source>Each one appears here as soon as it answers.</source>
        <translation>节点一有响应就会出现在这里。</translation>
    </message>
    <message>
        <source>Cluster “%1”: %2 of %3 ready</source>
        <translation>集群“%1”：%3 个中 %2 个就绪</translation>
    </message>
    <message>
        <source>Cluster “%1” does not answer: %2</source>
        <translation>集群“%1”没有响应：%2</translation>
    </message>
    <message>
        <source>Add machines…</source>
        <translation>添加机器…</translation>
    </message>
    <message>
        <source>Add your machines…</source>
        <translation>添加您的机器…</translation>
    </message>
    <message>
        <source>Check and deploy…</source>
        <translation>检查与部署…</translation>
    </message>
    <message>
        <source>Cluster “%1”: %2 machines, not deployed yet</source>
        <translation>集群“%1”：%2 台机器，尚未部署</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
</context>
<context>
    <name>longship::RunActions</name>
    <message>
        <source>Save the model</source>
        <translation>保存模型</translation>
    </message>
    <message>
        <source>Models (*.safetensors)</source>
        <translation>模型 (*.safetensors)</translation>
    </message>
    <message>
        <source>CSV tables (*.csv)</source>
        <translation>CSV 表格 (*.csv)</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>HTML reports (*.html)</source>
        <translation>HTML 报告 (*.html)</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>CSV table…</source>
        <translation>CSV 表格…</translation>
    </message>
    <message>
        <source>JSON…</source>
        <translation>JSON…</translation>
    </message>
    <message>
        <source>HTML report…</source>
        <translation>HTML 报告…</translation>
    </message>
</context>
<context>
    <name>longship::RunCharts</name>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Loss of each step</source>
        <translation>每步损失</translation>
    </message>
    <message>
        <source>Smoothed</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation>吞吐量</translation>
    </message>
    <message>
        <source>Samples per second</source>
        <translation>样本/秒</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>Training, each step</source>
        <translation>训练（每步）</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Throughput (samples/s)</source>
        <translation>吞吐量（样本/秒）</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>How much of the past each smoothed point keeps</source>
        <translation>每个平滑点保留多少过去的值</translation>
    </message>
    <message>
        <source>Log scale</source>
        <translation>对数刻度</translation>
    </message>
    <message>
        <source>Time of a step</source>
        <translation>每步用时</translation>
    </message>
    <message>
        <source>Time of a step (ms, mean of the tasks)</source>
        <translation>每步用时（毫秒，任务均值）</translation>
    </message>
    <message>
        <source>By step</source>
        <translation>按步</translation>
    </message>
    <message>
        <source>By epoch</source>
        <translation>按轮次</translation>
    </message>
    <message>
        <source>By time</source>
        <translation>按时间</translation>
    </message>
    <message>
        <source>What runs to the right</source>
        <translation>横轴</translation>
    </message>
    <message>
        <source>Lay an earlier run over it</source>
        <translation>叠加较早的运行</translation>
    </message>
    <message>
        <source>The last one before it, of the same model and data where there is one</source>
        <translation>之前最近的一次运行，优先相同模型和数据</translation>
    </message>
    <message>
        <source>Which one…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Earlier: %1 (%2)</source>
        <translation>较早：%1（%2）</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>较早</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>longship::RunPage</name>
    <message>
        <source>Stop…</source>
        <translation>停止…</translation>
    </message>
    <message>
        <source>Save model…</source>
        <translation>保存模型…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>运行进度</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Test accuracy</source>
        <translation>测试准确率</translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation>吞吐量</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>%1 on %2 · %3 · started %4</source>
        <translation>%1 · %2 · %3 · 开始于 %4</translation>
    </message>
    <message>
        <source>%1 of %2 samples</source>
        <translation>%1 / %2 个样本</translation>
    </message>
    <message>
        <source>%1, each once</source>
        <translation>%1，各一次</translation>
    </message>
    <message>
        <source>%1, not each once</source>
        <translation>%1，并非各一次</translation>
    </message>
    <message>
        <source>Show the proof</source>
        <translation>查看证明</translation>
    </message>
    <message>
        <source>Waiting for free nodes</source>
        <translation>等待空闲节点</translation>
    </message>
    <message>
        <source>The workers start and load the data</source>
        <translation>工作进程正在启动并加载数据</translation>
    </message>
    <message>
        <source>Epoch %1 of %2 · step %3 of %4</source>
        <translation>第 %1 轮，共 %2 轮 · 第 %3 步，共 %4 步</translation>
    </message>
    <message>
        <source> · checkpoint of step %1 on %2</source>
        <translation> · 第 %1 步的检查点在 %2</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>剩余 %1</translation>
    </message>
    <message>
        <source>smoothed</source>
        <translation>平滑值</translation>
    </message>
    <message>
        <source>after the first epoch</source>
        <translation>第一轮之后</translation>
    </message>
    <message>
        <source>%1 of %2 right</source>
        <translation>%2 个中 %1 个正确</translation>
    </message>
    <message>
        <source>samples per second</source>
        <translation>样本/秒</translation>
    </message>
    <message>
        <source>of %1</source>
        <translation>共 %1</translation>
    </message>
    <message>
        <source>of training</source>
        <translation>训练用时</translation>
    </message>
    <message>
        <source>samples/s on average</source>
        <translation>样本/秒（平均）</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Train on with the workers that are there</source>
        <translation>用现有的工作进程继续训练</translation>
    </message>
    <message>
        <source>Let the workers rest after the current step</source>
        <translation>在当前步之后让工作进程休息</translation>
    </message>
    <message>
        <source>Paused after step %1 of %2</source>
        <translation>已在第 %1 步（共 %2 步）后暂停</translation>
    </message>
    <message>
        <source>The workers regroup after step %1 of %2</source>
        <translation>工作进程在第 %1 步（共 %2 步）后重新编组</translation>
    </message>
    <message>
        <source>The run starts…</source>
        <translation>运行正在开始…</translation>
    </message>
    <message>
        <source>Views of the run</source>
        <translation>运行的视图</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source> · learning rate %1</source>
        <translation> · 学习率 %1</translation>
    </message>
</context>
<context>
    <name>longship::RunTableText</name>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>准确率</translation>
    </message>
</context>
<context>
    <name>longship::SettingsPage</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy %1</source>
        <translation>复制 %1</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open %1</source>
        <translation>打开 %1</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Looks</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Like the desktop</source>
        <translation>跟随桌面</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Notifications of the desktop</source>
        <translation>桌面通知</translation>
    </message>
    <message>
        <source>Told while another window is in front, as long as the studio runs.</source>
        <translation>工作室运行期间，当其他窗口在前面时通知。</translation>
    </message>
    <message>
        <source>A run has finished</source>
        <translation>运行已完成</translation>
    </message>
    <message>
        <source>A run has failed</source>
        <translation>运行失败</translation>
    </message>
    <message>
        <source>A node is lost</source>
        <translation>节点丢失</translation>
    </message>
    <message>
        <source>Data folders</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Set before the start: LONGSHIP_HOME moves both, XDG_DATA_HOME and XDG_CONFIG_HOME one each.</source>
        <translation>在启动前设置：LONGSHIP_HOME 同时移动两者，XDG_DATA_HOME 和 XDG_CONFIG_HOME 各移动一个。</translation>
    </message>
    <message>
        <source>SSH identities</source>
        <translation>SSH 身份</translation>
    </message>
    <message>
        <source>What Longship logs in with, in this order, unless a machine names a key of its own. ~/.ssh is read and never written.</source>
        <translation>Longship 按此顺序用它们登录，除非机器指定了自己的密钥。~/.ssh 只读取，从不写入。</translation>
    </message>
    <message>
        <source>Runs, models, clusters</source>
        <translation>运行、模型、集群</translation>
    </message>
    <message>
        <source>Settings of the studio</source>
        <translation>工作室设置</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>ssh-agent</source>
        <translation>ssh-agent</translation>
    </message>
    <message>
        <source>none runs for this session</source>
        <translation>此会话没有运行</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>none in ~/.ssh; ssh-keygen -t ed25519 makes one</source>
        <translation>~/.ssh 中没有；用 ssh-keygen -t ed25519 生成</translation>
    </message>
    <message>
        <source>Hosts</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Accepted host keys</source>
        <translation>已接受的主机密钥</translation>
    </message>
</context>
<context>
    <name>longship::SetupPage</name>
    <message>
        <source>Back to the nodes</source>
        <translation>返回节点</translation>
    </message>
    <message>
        <source>Undeploy…</source>
        <translation>取消部署…</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>重新检查</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Checks of the machines</source>
        <translation>机器的检查</translation>
    </message>
    <message>
        <source>What is not good</source>
        <translation>异常项</translation>
    </message>
    <message>
        <source>Deployment to the machines</source>
        <translation>部署到机器</translation>
    </message>
    <message>
        <source>Cancel %1</source>
        <translation>取消 %1</translation>
    </message>
    <message>
        <source>Machines of “%1”</source>
        <translation>“%1”的机器</translation>
    </message>
    <message>
        <source>Checking: %1 of %2</source>
        <translation>正在检查：%1 / %2</translation>
    </message>
    <message>
        <source>Longship is brought to the machines</source>
        <translation>正在把 Longship 部署到机器上</translation>
    </message>
    <message>
        <source>The agents are brought together</source>
        <translation>正在连接各个 agent</translation>
    </message>
    <message>
        <source>Longship is taken off the machines</source>
        <translation>正在从机器上移除 Longship</translation>
    </message>
    <message>
        <source>The machines are being checked</source>
        <translation>正在检查机器</translation>
    </message>
    <message>
        <source>What is not good stands here, with what to do.</source>
        <translation>异常项及其处理办法会显示在这里。</translation>
    </message>
    <message>
        <source>Nothing is in the way</source>
        <translation>没有障碍</translation>
    </message>
    <message>
        <source>Deploy brings Longship to these machines.</source>
        <translation>点击“部署”，把 Longship 部署到这些机器上。</translation>
    </message>
    <message>
        <source>Retry %1 that failed</source>
        <translation>重试失败的 %1 台</translation>
    </message>
    <message>
        <source>Deploy</source>
        <translation>部署</translation>
    </message>
    <message>
        <source>It was not done</source>
        <translation>未能完成</translation>
    </message>
    <message>
        <source>%1 of %2 machines are not done</source>
        <translation>%2 台机器中有 %1 台未完成</translation>
    </message>
    <message>
        <source>The others are. Their rows say why.</source>
        <translation>其余均已完成，原因见对应的行。</translation>
    </message>
    <message>
        <source>Longship is gone from these machines</source>
        <translation>已从这些机器上移除 Longship</translation>
    </message>
    <message>
        <source>The cluster is ready</source>
        <translation>集群已就绪</translation>
    </message>
    <message>
        <source>Machines: %1. All checks are good</source>
        <translation>机器：%1 台，全部检查正常</translation>
    </message>
    <message>
        <source>Machines: %1. Checks that are not good: %2</source>
        <translation>机器：%1 台，%2 项检查异常</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Take %1 out…</source>
        <translation>移出 %1…</translation>
    </message>
    <message>
        <source>Forget this cluster…</source>
        <translation>忘记此集群…</translation>
    </message>
    <message>
        <source>%1 is no node of this cluster any more</source>
        <translation>%1 已不再是此集群的节点</translation>
    </message>
    <message>
        <source>What Longship has put there, in ~/.local/share/longship, could not be removed: %1</source>
        <translation>Longship 放在那里的内容（~/.local/share/longship）无法删除：%1</translation>
    </message>
    <message>
        <source>Machines: %1. Not checked</source>
        <translation>机器：%1 台，尚未检查</translation>
    </message>
    <message>
        <source>The machines have not been checked</source>
        <translation>尚未检查这些机器</translation>
    </message>
    <message>
        <source>A check says what is in the way, and what to do.</source>
        <translation>检查会说明有什么障碍，以及如何处理。</translation>
    </message>
</context>
<context>
    <name>longship::Sidebar</name>
    <message>
        <source>New run</source>
        <translation>新建运行</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Ctrl+%1</source>
        <translation>Ctrl+%1</translation>
    </message>
    <message>
        <source>No cluster</source>
        <translation>没有集群</translation>
    </message>
    <message>
        <source>It could not be started</source>
        <translation>无法启动</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Cluster %1</source>
        <translation>集群 %1</translation>
    </message>
    <message>
        <source>%1 of %2 nodes ready</source>
        <translation>%2 个节点中 %1 个就绪</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>首页</translation>
    </message>
    <message>
        <source>Alt+Home</source>
        <translation>Alt+Home</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Ctrl+,</source>
        <translation>Ctrl+,</translation>
    </message>
</context>
<context>
    <name>longship::TaskBoardView</name>
    <message>
        <source>Refused</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>Drag a task to another node, or use its menu. With keys: Ctrl+X takes it, the arrows choose a node, Enter puts it down.</source>
        <translation>将任务拖到另一个节点，或使用它的菜单。用键盘：Ctrl+X 拿起，方向键选择节点，Enter 放下。</translation>
    </message>
    <message>
        <source>This run is over: its tasks stand where they were last.</source>
        <translation>此运行已结束：任务显示在最后所在的位置。</translation>
    </message>
    <message>
        <source>Move to…</source>
        <translation>移到…</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Asked: %1 on %2…</source>
        <translation>已请求：在 %2 上%1…</translation>
    </message>
</context>
<context>
    <name>longship::TaskCard</name>
    <message>
        <source>What can be done with this task</source>
        <translation>可对此任务执行的操作</translation>
    </message>
    <message>
        <source>What can be done with %1</source>
        <translation>可对 %1 执行的操作</translation>
    </message>
    <message>
        <source>Drag it to a free node, or it comes back with its own.</source>
        <translation>将它拖到空闲节点；否则它随原节点恢复。</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>Ctrl+X takes it, the arrows choose a node, Enter puts it down there.</source>
        <translation>Ctrl+X 拿起，方向键选择节点，Enter 放下。</translation>
    </message>
</context>
<context>
    <name>longship::TaskColumn</name>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>CPU %1, %2</source>
        <translation>CPU %1，%2</translation>
    </message>
    <message>
        <source>leader</source>
        <translation>主导</translation>
    </message>
    <message>
        <source>No task of this run</source>
        <translation>没有本次运行的任务</translation>
    </message>
    <message>
        <source>Node %1, %2</source>
        <translation>节点 %1，%2</translation>
    </message>
    <message>
        <source>Of other runs: %1</source>
        <translation>其他运行的任务：%1</translation>
    </message>
    <message>
        <source>Pull a plug</source>
        <translation>拔插头</translation>
    </message>
    <message>
        <source>Drill…</source>
        <translation>演练…</translation>
    </message>
    <message>
        <source>A fault on purpose, to see that training goes on</source>
        <translation>故意制造故障，以观察训练继续进行</translation>
    </message>
    <message>
        <source>What Longship&apos;s own processes use there</source>
        <translation>Longship 自身进程在那里的用量</translation>
    </message>
    <message>
        <source>What the whole machine uses</source>
        <translation>整台机器的用量</translation>
    </message>
    <message>
        <source>Asked…</source>
        <translation>已请求…</translation>
    </message>
    <message>
        <source>Let this node take work again</source>
        <translation>让此节点重新接受任务</translation>
    </message>
    <message>
        <source>Take its work off this node and give it no new one</source>
        <translation>移走此节点的任务，且不再分配新任务</translation>
    </message>
</context>
</TS>
