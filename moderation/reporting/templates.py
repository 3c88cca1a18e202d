"""The templates of Annex I to Implementing Regulation (EU) 2024/2835: their tables, columns and rows, to the letter.

Blanks at the ends of some names are the Commission's own, and programs that read reports compare names whole. Rows that
the Annex abbreviates (each Member State, each language) are written out. Check with counsel which apply to a provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moderation.core.dsa import CATEGORIES, LANGUAGES, OTHER, TERMS_ONLY, Category

TOTAL = "TOTAL"
NO_ORDER = "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"
NO_NOTICE = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"

ALL = "All"
HOSTING = "Only for providers of hosting services, including online platforms"
PLATFORMS = "Only for providers of online platforms"
VLOPS = "Only for VLOPs"
VLOPS_AND_VLOSES = "Only for VLOPs and VLOSEs"

IDENTIFICATION = (
    "Name of the service provider",
    "Date of the publication of the report",
    "Date of the publication of the latest previous report",
    "Starting date of reporting period",
    "Ending date of reporting period",
)

ORDERS = (
    "Number of orders to act against illegal content received",
    "Number of specific items of information included in the total number of orders to act against illegal content",
    "Median time to inform the authority of the receipt of the order to act against illegal content",
    "Median time to give effect to the order to act against illegal content",
    "Number of orders to provide information",
    "Median time to inform the authority of the receipt of the order to provide information",
    "Median time to give effect to the order to provide information",
)
ORDERS_CONTEXT = tuple(
    f"Contextual information on {name[0].lower() if number < 2 else name[0]}{name[1:]}"
    for number, name in enumerate(ORDERS)
)

_TRUSTED = "(Trusted Flagger notices)"
NOTICES = (
    "Number of notices received ",
    "Number of notices received from Trusted flaggers",
    "Number of specific items of information included in the total number of notices",
    f"Number of specific items of information included in the total number of notices by Trusted Flaggers {_TRUSTED}",
    "Median time to take action",
    f"Median time to take action {_TRUSTED}",
    "Number of actions taken on the basis of the law",
    f"Number of actions taken on the basis of the law {_TRUSTED}",
    "Number of actions taken on the basis of the terms and conditions of the service",
    f"Number of actions taken on the basis of the terms and conditions of the service {_TRUSTED}",
)
NOTICES_CONTEXT = tuple(f"Contextual information on {name}" for name in NOTICES)

VISIBILITY = {
    "removed": "Visibility restriction Removal",
    "disabled": "Visibility restriction Disable",
    "demoted": "Visibility restriction Demoted",
    "age_restricted": "Visibility restriction Age restricted",
    "interaction_restricted": "Visibility restriction Interaction restricted",
    "labelled": "Visibility restriction Labelled ",
}
MEASURES = (
    "Number of measures taken at the provider's own initiative ",
    "Number of measures taken after detection with solely automated means ",
    *VISIBILITY.values(),
    "Visibility restriction Other",
    "Monetary restriction Suspension",
    "Monetary restriction Termination",
    "Monetary restriction Other",
    "Provision of the service Suspension",
    "Provision of the service Termination",
    "Account restriction Suspension",
    "Account restriction Termination",
)
MEASURES_CONTEXT = tuple(f"Contextual Information on {name}" for name in MEASURES)

COMPLAINTS = "Internal complaints mechanism"
BODIES = "Out-of-court dispute settlement bodies"
SUSPENSIONS = "Suspensions imposed on repeated offenders"
SUBMITTED = "Number of complaints submitted to the internal-complaints mechanism"
NEWLY_IMPOSED = "Number of restrictions newly imposed as a result of an internal complaint"
OF_VISIBILITY = "Complaint regarding a decision to remove or disable access to or restrict visibility of information"
OF_SERVICE = "Complaint regarding a decision to suspend or terminate the provision of the service"
OF_ACCOUNT = "Complaint regarding a decision to suspend or terminate an account "
OF_MONEY = "Complaint regarding a decision to restrict the ability to monetise information"
OF_NOTICE = "Complaint regarding a decision not to take action on a notice submitted in accordance with Article 16"
OF_TRUSTED_NOTICE = (
    "Complaint regarding a decision not to take action on a notice submitted by a Trusted Flagger in accordance with "
    "Article 16"
)
DISPUTED = "Number of disputes submitted to out-of-court dispute settlement bodies"
TOTAL_NUMBER, UPHELD, PARTLY, REVERSED = (
    "Total number",
    "Decisions upheld",
    "Decisions partially reversed",
    "Decisions reversed",
)
MEDIAN, OMITTED, IMPLEMENTED = "Median time", "Decision omitted", "Percentage of outcomes implemented"
_OUTCOMES = (TOTAL_NUMBER, UPHELD, PARTLY, REVERSED, MEDIAN)
_KINDS = (OF_VISIBILITY, OF_SERVICE, OF_ACCOUNT, OF_MONEY, OF_NOTICE, OF_TRUSTED_NOTICE)
APPEALS: tuple[tuple[str, str, str, str], ...] = (
    (ALL, COMPLAINTS, SUBMITTED, TOTAL_NUMBER),
    *((PLATFORMS, COMPLAINTS, SUBMITTED, scope) for scope in (UPHELD, PARTLY, REVERSED, MEDIAN, OMITTED)),
    (PLATFORMS, COMPLAINTS, NEWLY_IMPOSED, TOTAL_NUMBER),
    *((PLATFORMS, COMPLAINTS, kind, scope) for kind in _KINDS for scope in _OUTCOMES),
    *((PLATFORMS, BODIES, DISPUTED, scope) for scope in (*_OUTCOMES, OMITTED, IMPLEMENTED)),
    *(
        (PLATFORMS, SUSPENSIONS, f"Number of suspensions enacted for the provision of manifestly {what}", TOTAL_NUMBER)
        for what in ("illegal content ", "unfounded notices", "unfounded complaints")
    ),
)
"""Applicability, section, indicator and scope of each row."""

AUTOMATED = "Use of automated means for content moderation"
BY_MACHINE = "Number of measures solely taken by automated means "
NOT_BY_MACHINE = "Number of measures not taken by automated means"
NOTICES_BY_MACHINE = "Number of notices solely processed by automated means "
NOTICES_NOT_BY_MACHINE = "Number of notices not processed by automated means"
ACCURACY, PRECISION, RECALL = (
    f"Accuracy of the automated means - {what}" for what in ("Accuracy", "Precision", "Recall")
)
OWN = "Own-initiative "
NAM, NAM_TRUSTED = "NAM Total", "NAM Trusted Flagger"
_RATES = (ACCURACY, PRECISION, RECALL)
AUTOMATION: tuple[tuple[str, str, str, str], ...] = (
    *((ALL, AUTOMATED, each, TOTAL_NUMBER) for each in (BY_MACHINE, NOT_BY_MACHINE, *_RATES)),
    *((ALL, AUTOMATED, each, OWN) for each in (BY_MACHINE, NOT_BY_MACHINE, *_RATES)),
    *((HOSTING, AUTOMATED, each, NAM) for each in (NOTICES_BY_MACHINE, NOTICES_NOT_BY_MACHINE, *_RATES)),
    *((PLATFORMS, AUTOMATED, each, NAM_TRUSTED) for each in (NOTICES_BY_MACHINE, NOTICES_NOT_BY_MACHINE, *_RATES)),
    *(
        (VLOPS, AUTOMATED, each, language)
        for each in (BY_MACHINE, NOT_BY_MACHINE, *_RATES)
        for language in sorted(LANGUAGES)
    ),
)

_RESOURCES = "Human resources dedicated to content moderation "
_EXPERTISE = "Number of total moderators with sufficient linguistic expertise "
RESOURCES: tuple[tuple[str, str, str, str], ...] = (
    (VLOPS, _RESOURCES, "Number of internal moderators employed by the provider", TOTAL_NUMBER),
    (VLOPS, _RESOURCES, "Number of external moderators contracted by the provider", TOTAL_NUMBER),
    *((VLOPS, _RESOURCES, _EXPERTISE, scope) for scope in (TOTAL_NUMBER, *sorted(LANGUAGES))),
)
RECIPIENTS = "Number of average monthly active recipients during the reporting period "

QUALITATIVE: tuple[tuple[str, str], ...] = (
    (ALL, "Summary of the content moderation engaged in at the providers\u2019 own initiative"),
    (
        ALL,
        "Meaningful and comprehensible information regarding content moderation engaged in at the providers' own "
        "initiative",
    ),
    (ALL, "Qualitative description of the automated means"),
    (ALL, "Qualitative description of indicators of accuracy and possible rate of error of automated means"),
    (ALL, "Specification of the precise purposes to apply automated means"),
    (ALL, "Safeguards applied to the use of automated means"),
    (VLOPS, "High-level description of the content moderation governance structure"),
    (VLOPS, "Qualifications of the human resources dedicated to content moderation"),
    (VLOPS, "Training given to human resources dedicated to content moderation"),
    (VLOPS, "Support given to human resources dedicated to content moderation "),
    (VLOPS, "Methodology used to compute the number of human resources dedicated to content moderation  "),
)


def category_codes(*, terms: bool) -> Iterator[tuple[str, Category | None, str | None]]:
    """The rows of a table by category, first the total: code, category and keyword.

    Args:
        terms: with the category that is of terms alone.
    """
    yield TOTAL, None, None
    for category in CATEGORIES:
        if category.name == TERMS_ONLY and not terms:
            continue
        yield category.code, category, None
        for keyword in category.keywords:
            yield f"KEYWORD_{keyword.upper()}", category, keyword
        yield OTHER, category, ""


def named_categories() -> Iterator[Sequence[str]]:
    """The rows of the table of categories' names: label, description and code."""
    yield TOTAL, "All the entries", TOTAL
    for number, category in enumerate(CATEGORIES, 1):
        yield f"Category {number}", category.title, category.code
        letters = iter("abcdefghijklmnop")
        for keyword, title in category.keywords.items():
            yield f"Category {number}{next(letters)}", title, f"KEYWORD_{keyword.upper()}"
        yield f"Category {number}{next(letters)}", "Not captured by any other sub-category", OTHER
    yield "Category 16", "Type of illegal content not specified by the public authority", NO_ORDER
    yield "Category 17", "Type of alleged illegal content not specified by the notifier", NO_NOTICE
