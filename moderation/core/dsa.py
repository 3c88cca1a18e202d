"""Words of the Digital Services Act's reports: categories, keywords, restrictions, countries.

As the DSA Transparency Database takes them (attributes of a statement of reasons) and as Annex I of Implementing
Regulation (EU) 2024/2835 lists them, whose categories and keywords are the same. Check with counsel which apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A category of illegal content, or of content against a provider's terms.

    Attributes:
        name: as policies write it: the database's, in small letters and without ``STATEMENT_CATEGORY_``.
        title: for people.
        keywords: what specifies it, by the database's name without ``KEYWORD_``; each belongs to one category.
    """

    name: str
    title: str
    keywords: Mapping[str, str]

    @property
    def code(self) -> str:
        """As the database and the templates name it."""
        return f"STATEMENT_CATEGORY_{self.name.upper()}"


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split())


CATEGORIES: tuple[Category, ...] = (
    Category(
        "animal_welfare",
        "Animal welfare",
        {
            "animal_harm": "Animal harm",
            "unlawful_sale_animals": "Unlawful sale of animals",
        },
    ),
    Category(
        "consumer_information",
        "Consumer information infringements",
        {
            "hidden_advertisement": "Hidden advertisement or commercial communication, including by influencers",
            "insufficient_information_on_traders": "Insufficient information on traders",
            "misleading_info_goods_services": (
                "Misleading information about the characteristics of the goods and services"
            ),
            "misleading_info_consumer_rights": "Misleading information about the consumer's rights",
            "noncompliance_pricing": "Non-compliance with pricing regulations",
        },
    ),
    Category(
        "cyber_violence",
        "Cyber violence",
        {
            "cyber_bullying_intimidation": "Cyber bullying and intimidation",
            "cyber_harassment": "Cyber harassment",
            "cyber_incitement": "Cyber incitement to hatred or violence",
            "cyber_stalking": "Cyber stalking",
            "non_consensual_image_sharing": (
                "Non-consensual (intimate) material sharing, including (image-based) sexual abuse (excluding "
                "content depicting minors)"
            ),
            "non_consensual_material_deepfake": (
                "Non-consensual sharing of material containing deepfake or similar technology using a third "
                "party's features (excluding content depicting minors)"
            ),
        },
    ),
    Category(
        "cyber_violence_against_women",
        "Cyber violence against women",
        {
            "bullying_against_girls": "Cyber bullying and intimidation against girls",
            "cyber_harassment_against_women": "Cyber harassment against women",
            "cyber_stalking_against_women": "Cyber stalking against women",
            "female_gendered_disinformation": "Gendered disinformation",
            "incitement_against_women": "Illegal incitement to violence and hatred against women",
            "non_consensual_image_sharing_against_women": (
                "Non-consensual (intimate) material sharing against women, including (image-based) sexual "
                "abuse against women (excluding content depicting minors)"
            ),
            "non_consensual_material_deepfake_against_women": (
                "Non-consensual sharing of material containing deepfake or similar technology using a third "
                "party's features against women (excluding content depicting minors)"
            ),
        },
    ),
    Category(
        "data_protection_and_privacy_violations",
        "Data protection and privacy violations",
        {
            "biometric_data_breach": "Biometric data breach",
            "data_falsification": "Data falsification",
            "missing_processing_ground": "Missing processing ground for data",
            "right_to_be_forgotten": "Right to be forgotten",
        },
    ),
    Category(
        "illegal_or_harmful_speech",
        "Illegal or harmful speech",
        {
            "defamation": "Defamation",
            "discrimination": "Discrimination",
            "hate_speech": (
                "Illegal incitement to violence and hatred based on protected characteristics (hate speech)"
            ),
        },
    ),
    Category(
        "intellectual_property_infringements",
        "Intellectual property infringements",
        {
            "copyright_infringement": "Copyright infringements",
            "design_infringement": "Design infringements",
            "geographic_indications_infringement": "Geographical indications infringements",
            "patent_infringement": "Patent infringements",
            "trade_secret_infringement": "Trade secret infringements",
            "trademark_infringement": "Trademark infringements",
        },
    ),
    Category(
        "negative_effects_on_civic_discourse_or_elections",
        "Negative effects on civic discourse or elections",
        {
            "misinformation_disinformation": (
                "Misinformation, disinformation, foreign information manipulation and interference"
            ),
            "violation_eu_law": "Violation of EU law relevant to civic discourse or elections",
            "violation_national_law": "Violation of national law relevant to civic discourse or elections",
        },
    ),
    Category(
        "protection_of_minors",
        "Protection of minors",
        {
            "age_specific_restrictions_minors": "Age-specific restrictions concerning minors",
            "child_sexual_abuse_material": "Child sexual abuse material",
            "child_sexual_abuse_material_deepfake": (
                "Child sexual abuse material containing deepfake or similar technology"
            ),
            "grooming_sexual_enticement_minors": "Grooming/sexual enticement of minors",
            "unsafe_challenges": "Unsafe challenges",
        },
    ),
    Category(
        "risk_for_public_security",
        "Risk for public security",
        {
            "illegal_organizations": "Illegal organizations",
            "risk_environmental_damage": "Risk for environmental damage",
            "risk_public_health": "Risk for public health",
            "terrorist_content": "Terrorist content",
        },
    ),
    Category(
        "scams_and_fraud",
        "Scams and/or fraud",
        {
            "impersonation_account_hijacking": "Impersonation or account hijacking",
            "inauthentic_accounts": "Inauthentic accounts",
            "inauthentic_listings": "Inauthentic listings",
            "inauthentic_user_reviews": "Inauthentic user reviews",
            "phishing": "Phishing",
            "pyramid_schemes": "Pyramid schemes",
        },
    ),
    Category(
        "self_harm",
        "Self-harm",
        {
            "content_promoting_eating_disorders": "Content promoting eating disorders",
            "self_mutilation": "Self-mutilation",
            "suicide": "Suicide",
        },
    ),
    Category(
        "unsafe_and_prohibited_products",
        "Unsafe, non-compliant or prohibited products",
        {
            "prohibited_products": "Prohibited or restricted products",
            "unsafe_products": "Unsafe or non-compliant products",
        },
    ),
    Category(
        "violence",
        "Violence",
        {
            "coordinated_harm": "Coordinated harm",
            "incitement_violence_hatred": "General calls or incitement to violence and/or hatred",
            "human_exploitation": "Human exploitation",
            "human_trafficking": "Human trafficking",
            "trafficking_women_girls": "Trafficking in women and girls",
        },
    ),
    Category(
        "other_violation_tc",
        "Other violation of provider's terms and conditions",
        {
            "adult_sexual_material": "Adult sexual material",
            "age_specific_restrictions": "Age-specific restrictions",
            "geographical_requirements": "Geographical requirements",
            "goods_services_not_permitted": "Goods/services not permitted to be offered on the platform",
            "language_requirements": "Language requirements",
            "nudity": "Nudity",
        },
    ),
)
"""In the order of the templates."""
TERMS_ONLY = "other_violation_tc"
"""The category that is of terms and never of law."""
OTHER = "KEYWORD_OTHER"
"""Of what no keyword specifies."""
BY_NAME: Mapping[str, Category] = {category.name: category for category in CATEGORIES}
CATEGORY_OF: Mapping[str, str] = {keyword: each.name for each in CATEGORIES for keyword in each.keywords}
"""A keyword to the name of its category."""

RESTRICTIONS: Mapping[str, str] = {
    "removed": "DECISION_VISIBILITY_CONTENT_REMOVED",
    "disabled": "DECISION_VISIBILITY_CONTENT_DISABLED",
    "demoted": "DECISION_VISIBILITY_CONTENT_DEMOTED",
    "age_restricted": "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    "interaction_restricted": "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    "labelled": "DECISION_VISIBILITY_CONTENT_LABELLED",
}
"""What becomes of content, as policies write it, to the database's word."""

MEMBER_STATES = _words("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
COUNTRIES: tuple[str, ...] = tuple(sorted({*MEMBER_STATES, "IS", "LI", "NO"}))
"""The European Economic Area, which is what a territorial scope is written in."""
LANGUAGES = _words("bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv")
"""Official languages of the Union."""
