#include "app/studio/text/notice_words.h"

#include "app/studio/text/phrase_words.h"

namespace longship {

QString NoticeWords::heading(NoticeKind kind, const QString& subject) {
    switch (kind) {
        case NoticeKind::Finished: return tr("“%1” has finished", "a run").arg(subject);
        case NoticeKind::Failed: return tr("“%1” has failed", "a run").arg(subject);
        case NoticeKind::NodeLost: return tr("%1 is lost", "a node").arg(subject);
    }
    return subject;
}

QString NoticeWords::body(NoticeKind kind, const QString& cause) {
    switch (kind) {
        case NoticeKind::Finished: return tr("Its model can be saved.");
        case NoticeKind::Failed: return PhraseWords::of({}, cause.toStdString());
        case NoticeKind::NodeLost: return tr("The studio shows what happened to its work.");
    }
    return cause;
}

}  // namespace longship
