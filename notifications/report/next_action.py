"""The one thing to do next with a dossier, in a sentence."""

from dataclasses import dataclass, replace

from ..obligations import Deadline
from .essential import READ_AGAIN, Screen, find_next_screen, list_essential_screens
from .model import Report

# What goes before the sentence when the delay is short, or over.
HURRY = {
    "urgent": "Le temps presse : déposez ce que vous avez, vous compléterez ensuite. ",
    "overdue": "Notifiez quand même, dès que vous le pouvez. ",
}


@dataclass(frozen=True)
class Action:
    """A sentence, and the button that does it: its label, the name of its page, which screen or step of it, and which
    question. `may_copy`: whoever cannot wait may copy the draft as it stands."""

    sentence: str
    label: str
    page: str
    argument: str = ""
    question: str = ""
    may_copy: bool = False


def find_next_action(report: Report, *, transcribed: bool = False) -> Action:
    """What to do now, in the order in which a notification is made; `transcribed`: everything is on the teleservice."""
    if report.clock.state == "stopped":
        return ask_to_read_decision(report)
    if report.clock.state == "done":
        return find_action_once_filed(report)
    if report.data.filings:
        return ask_for_initial_record()
    if report.clock.starts_at is None:
        return ask_for_awareness(report)
    hurry = HURRY.get(report.clock.state, "")
    action = find_preparation(report) or (ask_to_record() if transcribed else ask_to_copy())
    may_copy = action.may_copy or bool(hurry and action.page == "essential")
    return replace(action, sentence=hurry + action.sentence, may_copy=may_copy)


def ask_for_awareness(report: Report) -> Action:
    """The moment of awareness, on the screen of « L'essentiel » that asks it."""
    sentence, label = "Dites quand votre cabinet a appris la violation : le délai part de là.", "Donner ce moment"
    key = report.clock.obligation.starts[0]
    for screen in list_essential_screens(report):
        if key in [row.key for row in screen.rows]:
            return Action(sentence, label, "essential", screen.slug)
    return ask_question(report, key, sentence, label)


def find_preparation(report: Report) -> Action | None:
    screen = find_next_screen(report)
    if screen and screen.slug == READ_AGAIN:
        return ask_to_read_again(screen)
    if screen:
        return Action(f"Prochaine question : {screen.title}", "Continuer l'essentiel", "essential", screen.slug)
    if report.missing or report.progress.to_review:
        sentence = f"Vérifiez l'ensemble du brouillon : {describe_what_is_left(report)}."
        return Action(sentence, "Vérifier le brouillon", "check", may_copy=True)
    return None


def ask_to_read_again(screen: Screen) -> Action:
    count = sum(row.state == "to_review" for row in screen.rows)
    what = f"{count} réponses proposées attendent" if count > 1 else "une réponse proposée attend"
    return Action(
        f"Relisez ce à quoi vous serez tenu : {what} votre accord.",
        "Relire ces réponses",
        "essential",
        READ_AGAIN,
        may_copy=True,
    )


def describe_what_is_left(report: Report) -> str:
    """« 2 réponses manquent, 1 est à relire »."""
    missing, to_review = report.progress.missing, report.progress.to_review
    said = [f"{missing} réponse{'s manquent' if missing > 1 else ' manque'}"] if missing else []
    said += [f"{to_review} réponse{'s sont' if to_review > 1 else ' est'} à relire"] if to_review else []
    return ", ".join(said)


def ask_to_copy() -> Action:
    return Action(
        "Recopiez le brouillon sur le téléservice de la CNIL : il n'y est pas encore.",
        "Ouvrir la feuille de recopie",
        "copy_sheet",
    )


def ask_to_record() -> Action:
    return Action(
        "Tout est recopié. Envoyez votre notification sur le téléservice, puis notez ici l'heure et le numéro reçu.",
        "Consigner le dépôt",
        "filing",
    )


def ask_for_initial_record() -> Action:
    """The notification itself was filed elsewhere, or its record was cancelled."""
    return Action(
        "Consignez aussi la notification initiale : seul un complément l'est ici. Si elle n'est pas encore déposée, "
        "déposez-la dès que vous le pouvez.",
        "Consigner la notification initiale",
        "filing",
    )


def find_action_once_filed(report: Report) -> Action:
    """After a filing: complete it, then whatever else is due."""
    if find_complement(report).state in ("todo", "chase"):
        return ask_to_complete(report)
    return find_other_duty(report) or Action(
        f"Votre notification est déposée. {describe_unknowns(report)}Si un fait nouveau apparaît, complétez-la.",
        "Compléter la notification",
        "complement",
    )


def describe_unknowns(report: Report) -> str:
    """« 2 réponses restent inconnues : … », also after a first complement; "" when nothing does."""
    count = len(report.unknowns)
    if not count:
        return ""
    if count == 1:
        return "Une réponse reste inconnue : redemandez-la à l'éditeur. "
    return f"{count} réponses restent inconnues : redemandez-les à l'éditeur. "


def ask_to_complete(report: Report) -> Action:
    """What is still unknown is asked for."""
    unknown = len(report.unknowns)
    ask = "dites à la CNIL ce qui a changé depuis"
    if unknown:
        ask = f"demandez à l'éditeur ce qui reste inconnu ({unknown} réponse{'s' * (unknown > 1)}), puis complétez"
    return Action(f"Votre notification initiale est déposée : {ask}.", "Préparer le complément", "complement")


def find_other_duty(report: Report) -> Action | None:
    """A duty that only became one because of what the practice answered: telling the patients."""
    for clock in report.clocks:
        duty = clock.obligation
        if clock.state == "todo" and duty.when and duty.done:
            title = duty.title[0].lower() + duty.title[1:]
            sentence = f"Votre notification est déposée. Il reste à {title}, {duty.delay}."
            if report.unknowns:
                sentence += " Des réponses restent aussi inconnues."
            return ask_question(report, duty.done[0].key, sentence, "Dire où vous en êtes")
    return None


def find_complement(report: Report) -> Deadline:
    return next(clock for clock in report.clocks if clock.obligation.after)


def ask_to_read_decision(report: Report) -> Action:
    return ask_question(
        report,
        report.clock.obligation.stopped[0].key,
        "Relisez une fois votre décision et sa raison : en cas de doute sur le risque, la CNIL invite à notifier.",
        "Relire ma décision",
    )


def ask_question(report: Report, key: str, sentence: str, label: str) -> Action:
    return Action(sentence, label, "step", report.data.questionnaire.questions[key].step, key)
