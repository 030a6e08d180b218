//! What Xvfb shows, as it keeps it in a file (XWD, version 7).

use std::{
    collections::HashSet,
    fs::{self, File},
    path::Path,
};

/// Where the header has what is needed here, in words of 32 bits.
const HEADER_SIZE: usize = 0;
const WIDTH: usize = 4;
const HEIGHT: usize = 5;
const BYTE_ORDER: usize = 7;
const BITS_PER_PIXEL: usize = 11;
const BYTES_PER_LINE: usize = 12;
const COLOURS: usize = 19;

/// One entry of the table of colours.
const COLOUR_SIZE: usize = 12;

pub(crate) struct Framebuffer {
    width: u32,
    height: u32,
    /// Red, green, blue.
    pixels: Vec<[u8; 3]>,
}

impl Framebuffer {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        // The header is in the order of the network, the pixels in that of the machine.
        let word = |index: usize| {
            let bytes = bytes[4 * index..][..4].try_into().unwrap();
            u32::from_be_bytes(bytes) as usize
        };
        assert_eq!(word(BITS_PER_PIXEL), 32, "a screen of 24 bits");
        assert_eq!(
            word(BYTE_ORDER),
            0,
            "a machine that puts the low byte first"
        );
        let start = word(HEADER_SIZE) + word(COLOURS) * COLOUR_SIZE;
        let pixels = bytes[start..]
            .chunks_exact(word(BYTES_PER_LINE))
            .take(word(HEIGHT))
            .flat_map(|line| line.as_chunks::<4>().0.iter().take(word(WIDTH)))
            .map(|[blue, green, red, _]| [*red, *green, *blue])
            .collect::<Vec<_>>();
        assert_eq!(pixels.len(), word(WIDTH) * word(HEIGHT));
        Self {
            width: u32::try_from(word(WIDTH)).unwrap(),
            height: u32::try_from(word(HEIGHT)).unwrap(),
            pixels,
        }
    }

    pub(crate) fn pixels_of(&self, colour: [u8; 3]) -> usize {
        self.pixels.iter().filter(|it| **it == colour).count()
    }

    pub(crate) fn colours(&self) -> usize {
        self.pixels.iter().collect::<HashSet<_>>().len()
    }

    pub(crate) fn write_png(&self, path: &Path) {
        let mut encoder = png::Encoder::new(File::create(path).unwrap(), self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(self.pixels.as_flattened())
            .unwrap();
    }
}
